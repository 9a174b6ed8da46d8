package serve

import (
	"github.com/parley-chat/parley/internal/connectclient"
	"github.com/parley-chat/parley/internal/relay"
)

// openRelay puts this server between chat clients and the Participant Service, when that was
// asked for.
func (u *upstream) openRelay(client *connectclient.Client, c *Config, watching *observers) error {
	s := c.Settings
	if !s.Relay {
		return nil
	}
	endpoint, err := client.ParticipantEndpoint(s.ParticipantEndpointURL)
	if err != nil {
		return err
	}
	config := relay.Config{
		Endpoint: endpoint, SocketDomains: client.SocketDomains(), Region: client.Region(), PublicURL: s.PublicURL,
		DocsURL: errorsPage, Log: c.Log,
	}
	if watching.recorder != nil {
		config.Tap = watching.recorder
	}
	relayed, err := relay.New(config)
	if err != nil {
		return err
	}
	u.clients, u.starter = relayed, relayed.Starter(u.starter)
	u.text += ", chats relayed to " + endpoint
	return nil
}
