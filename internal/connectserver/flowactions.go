package connectserver

import (
	"github.com/parley-chat/parley/internal/connectmodel"
	"github.com/parley-chat/parley/internal/fidelity"
)

// flowActions are those of contact flows.
func (s *Service) flowActions() []*action {
	return []*action{
		{
			name: "CreateContactFlow", model: connectmodel.CreateContactFlow(), run: bind(s.createFlow), source: fidelity.Documentation,
			note: "Kept in the data directory, of one instance whatever its id, and runs at once. Publishing refuses what `parley flow check` calls an error " +
				"or refused: `InvalidContactFlowException` with `problems`. Without `Status` it is published (guessed). " +
				"The name of another flow, one of the folder too, is `DuplicateResourceException`. When strict: 100 flows, then `LimitExceededException`.",
		},
		{
			name: "UpdateContactFlowContent", model: connectmodel.UpdateContactFlowContent(), run: bind(s.updateFlowContent), source: fidelity.Documentation,
			note: "Chats that run the flow go on with what they began, until a restart. With `:$SAVED` behind the id the content is saved and does not run.",
		},
		{
			name: "UpdateContactFlowName", model: connectmodel.UpdateContactFlowName(), run: bind(s.updateFlowMetadata), source: fidelity.Documentation,
		},
		{
			name: "UpdateContactFlowMetadata", model: connectmodel.UpdateContactFlowMetadata(), run: bind(s.updateFlowMetadata), source: fidelity.Documentation,
			note: "A flow that is archived runs for no new chat (guessed).",
		},
		{
			name: "DescribeContactFlow", model: connectmodel.DescribeContactFlow(), run: bind(s.describeFlow), source: fidelity.Documentation,
			note: "Flows of the folder have no versions, and only their files change them: the other actions answer `InvalidRequestException` (guessed).",
		},
		{
			name: "ListContactFlows", query: append([]parameter{{"contactFlowTypes", manyTexts}}, paging()...),
			model: connectmodel.ListContactFlows(), run: bind(s.listFlows), source: fidelity.Model,
			note: "Those of the folder first, then those that were created.",
		},
		{
			name: "SearchContactFlows", model: connectmodel.SearchContactFlows(), run: bind(s.searchFlows), source: fidelity.Model,
			note: "Compares without regard to case (guessed). Another field than `name` or `description` is `InvalidParameterException` (guessed).",
		},
		{
			name: "DeleteContactFlow", model: connectmodel.DescribeContactFlow(), run: bind(s.deleteFlow), source: fidelity.Documentation,
			note: "Chats that run the flow go on with it, until a restart.",
		},
		{
			name: "CreateContactFlowVersion", model: connectmodel.CreateContactFlowVersion(), run: bind(s.createFlowVersion), source: fidelity.Documentation,
			note: "Of flows of the type `CAMPAIGN` only, as documented; any other is `InvalidRequestException` (guessed).",
		},
		{
			name: "ListContactFlowVersions", query: paging(), model: connectmodel.ListContactFlowVersions(), run: bind(s.listFlowVersions), source: fidelity.Model,
		},
		{
			name: "DeleteContactFlowVersion", model: connectmodel.DeleteContactFlowVersion(), run: bind(s.deleteFlowVersion), source: fidelity.Model,
		},
	}
}

// moduleActions are those of flow modules.
func (s *Service) moduleActions() []*action {
	return []*action{
		{
			name: "CreateContactFlowModule", model: connectmodel.CreateContactFlowModule(), run: bind(s.createModule), source: fidelity.Documentation,
			note: "As CreateContactFlow; what cannot be published is `InvalidContactFlowModuleException` with `Problems`. When strict: 200 modules, then " +
				"`LimitExceededException`. A repeated `ClientToken` is remembered until a restart (guessed). `Settings` are kept, and not held against the content.",
		},
		{
			name: "UpdateContactFlowModuleContent", model: connectmodel.UpdateContactFlowModuleContent(), run: bind(s.updateModuleContent),
			source: fidelity.Documentation,
		},
		{
			name: "UpdateContactFlowModuleMetadata", model: connectmodel.UpdateContactFlowModuleMetadata(), run: bind(s.updateModuleMetadata),
			source: fidelity.Documentation,
		},
		{
			name: "DescribeContactFlowModule", model: connectmodel.DescribeContactFlowModule(), run: bind(s.describeModule), source: fidelity.Model,
		},
		{
			name: "ListContactFlowModules", query: append([]parameter{{"state", oneText}}, paging()...),
			model: connectmodel.ListContactFlowModules(), run: bind(s.listModules), source: fidelity.Model,
		},
		{
			name: "SearchContactFlowModules", model: connectmodel.SearchContactFlowModules(), run: bind(s.searchModules), source: fidelity.Model,
			note: "As SearchContactFlows.",
		},
		{
			name: "DeleteContactFlowModule", model: connectmodel.DescribeContactFlowModule(), run: bind(s.deleteModule), source: fidelity.Documentation,
		},
		{
			name: "CreateContactFlowModuleVersion", model: connectmodel.CreateContactFlowModuleVersion(), run: bind(s.createModuleVersion),
			source: fidelity.Documentation, note: "A flow that calls the module as `ID:2` runs that version.",
		},
		{
			name: "ListContactFlowModuleVersions", query: paging(), model: connectmodel.ListContactFlowModuleVersions(), run: bind(s.listModuleVersions),
			source: fidelity.Model,
		},
		{
			name: "DeleteContactFlowModuleVersion", model: connectmodel.DeleteContactFlowModuleVersion(), run: bind(s.deleteModuleVersion),
			source: fidelity.Model, note: "A version that an alias names is `InvalidRequestException` (guessed).",
		},
		{
			name: "CreateContactFlowModuleAlias", model: connectmodel.CreateContactFlowModuleAlias(), run: bind(s.createAlias),
			source: fidelity.Documentation, note: "A flow that calls the module as `ID:NAME`, or by the alias's ARN, runs the version that the alias names by then (guessed).",
		},
		{
			name: "UpdateContactFlowModuleAlias", model: connectmodel.UpdateContactFlowModuleAlias(), run: bind(s.updateAlias), source: fidelity.Documentation,
		},
		{
			name: "DescribeContactFlowModuleAlias", model: connectmodel.DescribeContactFlowModuleAlias(), run: bind(s.describeAlias), source: fidelity.Model,
		},
		{
			name: "ListContactFlowModuleAliases", query: paging(), model: connectmodel.ListContactFlowModuleVersions(), run: bind(s.listAliases),
			source: fidelity.Model,
		},
		{
			name: "DeleteContactFlowModuleAlias", model: connectmodel.DescribeContactFlowModuleAlias(), run: bind(s.deleteAlias), source: fidelity.Documentation,
		},
	}
}

// resourceActions are those that take anything which was created, by its ARN.
func (s *Service) resourceActions() []*action {
	return []*action{
		{
			name: "TagResource", model: connectmodel.TagResource(), run: bind(s.tag), source: fidelity.Documentation,
			note: "Of whatever was created through the API; at most 50 tags each. Tags of a contact are an action of their own.",
		},
		{
			name: "UntagResource", query: []parameter{{"tagKeys", manyTexts}}, model: connectmodel.UntagResource(), run: bind(s.untag), source: fidelity.Documentation,
		},
		{
			name: "ListTagsForResource", model: connectmodel.ListTagsForResource(), run: bind(s.listTags), source: fidelity.Model,
		},
		{
			name: "AssociateLambdaFunction", model: connectmodel.AssociateLambdaFunction(), run: bind(s.associateFunction), source: fidelity.Documentation,
			note: "Kept and listed. A flow may call a function that is not associated; which answers for it is said in the settings. When strict: 50 functions, " +
				"then `ServiceQuotaExceededException`.",
		},
		{
			name: "DisassociateLambdaFunction", query: []parameter{{"functionArn", oneText}, {"clientToken", oneText}},
			model: connectmodel.DisassociateLambdaFunction(), run: bind(s.disassociateFunction), source: fidelity.Documentation,
		},
		{
			name: "ListLambdaFunctions", query: paging(), model: connectmodel.ListLambdaFunctions(), run: bind(s.listFunctions), source: fidelity.Model,
		},
		{
			name: "AssociateBot", model: connectmodel.AssociateBot(), run: bind(s.associateBot), source: fidelity.Documentation,
			note: "Kept and listed. A flow may ask a bot that is not associated; where a bot is, is said in the settings. When strict: 100 aliases of Lex V2 and 70 bots of " +
				"Lex V1, then `ServiceQuotaExceededException`.",
		},
		{
			name: "DisassociateBot", model: connectmodel.AssociateBot(), run: bind(s.disassociateBot), source: fidelity.Documentation,
		},
		{
			name: "ListBots", query: append([]parameter{{"lexVersion", oneText}}, paging()...), model: connectmodel.ListBots(), run: bind(s.listBots), source: fidelity.Model,
		},
		{
			name: "AssociateLexBot", model: connectmodel.AssociateLexBot(), run: bind(s.associateBot), source: fidelity.Documentation,
			note: "As AssociateBot with a `LexBot`: a bot of Lex V1 is one, by whichever action it came.",
		},
		{
			name: "DisassociateLexBot", query: []parameter{{"botName", oneText}, {"lexRegion", oneText}, {"clientToken", oneText}},
			model: connectmodel.DisassociateLexBot(), run: bind(s.disassociateOldBot), source: fidelity.Documentation,
		},
		{name: "ListLexBots", query: paging(), model: connectmodel.ListLexBots(), run: bind(s.listOldBots), source: fidelity.Model},
	}
}
