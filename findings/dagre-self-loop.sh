#!/usr/bin/env bash
# A good guess says that the line of an edge begins and ends at its nodes, and that a minor version of a layout library moves
# it by a little. In @dagrejs/dagre 3.1.0 to 3.1.3 the line of an edge from a node to itself is a straight stroke to and fro
# beside the node, as wide and as high as it; its first and its last point touch nothing. In 3.0.0 the same edge is a bow from
# the node's right side and back to it. Edges between two nodes end where they should in both.
# A block of a contact flow that leads to itself, such as an input that is asked for again, gets a stroke in its neighbours'
# place; draw such edges oneself from the node's place, or stay with 3.0.0.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund before@npm:@dagrejs/dagre@3.0.0 first@npm:@dagrejs/dagre@3.1.0 last@npm:@dagrejs/dagre@3.1.3
cat >draw.cjs <<'JS'
const assert = require('node:assert/strict')

const bow = (name) => {
  const dagre = require(name)
  const graph = new dagre.graphlib.Graph().setGraph({}).setDefaultEdgeLabel(() => ({}))
  graph.setNode('ask', { width: 100, height: 40 }).setNode('end', { width: 100, height: 40 })
  graph.setEdge('ask', 'ask').setEdge('ask', 'end')
  dagre.layout(graph)
  const { x, y } = graph.node('ask')
  const points = graph.edge('ask', 'ask').points.map((point) => [point.x - x, point.y - y].map((n) => Math.round(n) + 0))
  console.log(`  ${require(`./node_modules/${name}/package.json`).version}: from the node's middle ${points.map(String).join('  ')}`)
  const other = graph.edge('ask', 'end').points
  assert.deepEqual([other[0], other.at(-1)], [{ x, y: y + 20 }, { x: graph.node('end').x, y: graph.node('end').y - 20 }])
  return [points[0], points.at(-1)]
}
assert.deepEqual(bow('before'), [[50, -13], [50, 13]])
for (const name of ['first', 'last']) assert.deepEqual(bow(name), [[140, -20], [90, 0]])
JS
node draw.cjs
