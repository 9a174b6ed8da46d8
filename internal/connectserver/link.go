package connectserver

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/parley-chat/parley/internal/arn"
	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/instance"
)

// titleOf is what refusals call a kind of what an instance may use.
func titleOf(link instance.Link) string {
	if link == instance.Function {
		return "function"
	}
	return "bot"
}

// link lets the instance use something.
func (s *Service) link(ctx context.Context, link instance.Link, name string) (*nothing, error) {
	err := s.kept.Link(ctx, link, name)
	switch {
	case errors.Is(err, instance.ErrDuplicate):
		return nil, &awswire.Error{Status: http.StatusConflict, Name: "ResourceConflictException", Message: "The " + titleOf(link) + " is associated already."}
	case errors.Is(err, instance.ErrLimit):
		return nil, &awswire.Error{
			Status: http.StatusPaymentRequired, Name: "ServiceQuotaExceededException",
			Message: "The instance has as many " + titleOf(link) + "s as its quota allows.",
		}
	case err != nil:
		return nil, err
	}
	return &nothing{}, nil
}

// unlink takes something away from the instance.
func (s *Service) unlink(ctx context.Context, link instance.Link, name string) (*nothing, error) {
	err := s.kept.Unlink(ctx, link, name)
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return nil, resourceNotFound("The " + titleOf(link) + " is not associated.")
	case err != nil:
		return nil, err
	}
	return &nothing{}, nil
}

// lexBot is a bot of Lex V1, lexV2Bot one of Lex V2.
type (
	lexBot struct {
		Name      string
		LexRegion string
	}
	lexV2Bot struct {
		AliasARN string `json:"AliasArn"`
	}
	botConfig struct {
		LexBot   *lexBot   `json:",omitzero"`
		LexV2Bot *lexV2Bot `json:",omitzero"`
	}
)

type botInput struct {
	InstanceID  string `json:"InstanceId"`
	botConfig   `json:",inline"`
	ClientToken string
}

func (in *botInput) rules() *awswire.Error {
	switch {
	case in.LexBot == nil && in.LexV2Bot == nil:
		return refusal(invalidRequest, "LexV2Bot is missing, or LexBot for a bot of Lex V1.")
	case in.LexBot != nil && in.LexV2Bot != nil:
		return refusal(invalidRequest, "LexBot and LexV2Bot cannot be given together.")
	case in.LexBot != nil:
		return nil
	case in.LexV2Bot.AliasARN == "":
		return refusal(invalidRequest, "LexV2Bot.AliasArn is missing.")
	}
	a, ok := arn.Parse(in.LexV2Bot.AliasARN)
	_, ids, _ := strings.Cut(in.LexV2Bot.AliasARN, ":bot-alias/")
	bot, alias, _ := strings.Cut(ids, "/")
	if !ok || a.Service != "lex" || bot == "" || alias == "" || strings.Contains(alias, "/") {
		return refusal(invalidParameter, "LexV2Bot.AliasArn must be the ARN of an alias: arn:aws:lex:REGION:ACCOUNT:bot-alias/BOTID/ALIASID.")
	}
	return nil
}

// link is the kind and the name by which the bot is kept.
func (in *botInput) link() (instance.Link, string) {
	if in.LexBot != nil {
		return instance.OldBot, in.LexBot.LexRegion + "/" + in.LexBot.Name
	}
	return instance.Bot, in.LexV2Bot.AliasARN
}

// associateBot carries out AssociateBot.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_AssociateBot.html
func (s *Service) associateBot(ctx context.Context, in *botInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	link, name := in.link()
	return s.associated.do(string(link), in.ClientToken, func() (*nothing, error) { return s.link(ctx, link, name) })
}

// disassociateBot carries out DisassociateBot.
func (s *Service) disassociateBot(ctx context.Context, in *botInput) (*nothing, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	link, name := in.link()
	return s.unlink(ctx, link, name)
}

type listBotsInput struct {
	listInput  `json:",inline"`
	LexVersion string `json:"lexVersion"`
}

type listBotsOutput struct {
	LexBots   []botConfig
	NextToken string `json:",omitzero"`
}

// listBots carries out ListBots.
func (s *Service) listBots(_ context.Context, in *listBotsInput) (*listBotsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	link := instance.Bot
	if in.LexVersion == "V1" {
		link = instance.OldBot
	}
	names, next, err := page(s.kept.Linked(link), in.NextToken, in.MaxResults, 25)
	if err != nil {
		return nil, err
	}
	out := &listBotsOutput{LexBots: []botConfig{}, NextToken: next}
	for _, name := range names {
		if link == instance.OldBot {
			old := oldBotOf(name)
			out.LexBots = append(out.LexBots, botConfig{LexBot: &old})
			continue
		}
		out.LexBots = append(out.LexBots, botConfig{LexV2Bot: &lexV2Bot{name}})
	}
	return out, nil
}

// oldBotOf is the bot of Lex V1 that is kept by a name.
func oldBotOf(name string) lexBot {
	region, bot, _ := strings.Cut(name, "/")
	return lexBot{bot, region}
}

type oldBotInput struct {
	InstanceID string `json:"InstanceId"`
	Name       string `json:"botName"`
	Region     string `json:"lexRegion"`
}

// disassociateOldBot carries out DisassociateLexBot.
//
// Source: https://docs.aws.amazon.com/connect/latest/APIReference/API_DisassociateLexBot.html
func (s *Service) disassociateOldBot(ctx context.Context, in *oldBotInput) (*nothing, error) {
	return s.disassociateBot(ctx, &botInput{InstanceID: in.InstanceID, botConfig: botConfig{LexBot: &lexBot{in.Name, in.Region}}})
}

type listOldBotsOutput struct {
	LexBots   []lexBot
	NextToken string `json:",omitzero"`
}

// listOldBots carries out ListLexBots, which has 10 bots on a page where no number is asked for.
func (s *Service) listOldBots(_ context.Context, in *listInput) (*listOldBotsOutput, error) {
	if refused := s.knownInstance(in.InstanceID); refused != nil {
		return nil, refused
	}
	names, next, err := page(s.kept.Linked(instance.OldBot), in.NextToken, in.MaxResults, 10)
	if err != nil {
		return nil, err
	}
	out := &listOldBotsOutput{LexBots: []lexBot{}, NextToken: next}
	for _, name := range names {
		out.LexBots = append(out.LexBots, oldBotOf(name))
	}
	return out, nil
}
