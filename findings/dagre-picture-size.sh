#!/usr/bin/env bash
# A good guess says that width and height of the graph that dagre's layout returns hold the whole drawing, so that they can be
# the viewBox of an SVG. They hold the nodes and the labels of edges; the lines between them count for nothing. The way back of
# a loop goes round the nodes that it passes, and with narrow nodes it leaves the picture: with dagre 0.8.5 on the right, with
# @dagrejs/dagre 3.1.3 on the left, at negative coordinates. With nodes of 200 it is inside, so that a first try shows nothing.
# A picture of a contact flow, where a question that is asked again is such a loop, is cut off there; the size has to be
# computed from the points of all edges.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund dagre@0.8.5 @dagrejs/dagre@3.1.3
cat >draw.cjs <<'JS'
const assert = require('node:assert/strict')

function draw (name, width) {
  const dagre = require(name)
  const graph = new dagre.graphlib.Graph().setGraph({}).setDefaultEdgeLabel(() => ({}))
  for (const node of ['greet', 'ask', 'wait']) graph.setNode(node, { width, height: 10 })
  graph.setEdge('greet', 'ask').setEdge('ask', 'wait').setEdge('wait', 'greet')
  dagre.layout(graph)
  const xs = graph.edges().flatMap((edge) => graph.edge(edge).points.map(({ x }) => x))
  const seen = { width: graph.graph().width, from: Math.min(...xs), to: Math.max(...xs) }
  console.log(`  ${name}, nodes of ${width}: the graph is ${seen.width} wide, its lines go from ${seen.from} to ${seen.to}`)
  return seen
}
assert.deepEqual(draw('dagre', 10), { width: 30, from: 5, to: 45 })
assert.deepEqual(draw('@dagrejs/dagre', 10), { width: 30, from: -15, to: 25 })
for (const name of ['dagre', '@dagrejs/dagre']) {
  const { width, from, to } = draw(name, 200)
  assert.ok(from >= 0 && to <= width)
}
JS
npm ls --depth=0 | grep dagre@
node draw.cjs
