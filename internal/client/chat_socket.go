package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"github.com/parley-chat/parley/internal/awswire"
	"github.com/parley-chat/parley/internal/chatsocket"
	"github.com/parley-chat/parley/internal/secret"
)

// listenOnce opens a socket and prints what comes until it breaks or the chat has ended. What
// was said before it was open is fetched. opened is called when it works.
func (c *CustomerChat) listenOnce(ctx context.Context, address secret.Text, view View, opened func()) (ended bool, err error) {
	socket, err := chatsocket.Open(ctx, c.s.http.Transport, address.Reveal())
	if refused, ok := errors.AsType[*awswire.Error](err); ok {
		return false, fmt.Errorf("the socket is refused with status %d", refused.Status)
	}
	if network, ok := errors.AsType[net.Error](err); ok {
		return false, network
	}
	if err != nil {
		return false, errors.New("the socket cannot be opened")
	}
	defer socket.Close()
	for {
		frame, err := socket.Next()
		if err != nil {
			return false, err
		}
		switch topic, content := chatsocket.Read(frame); topic {
		case chatsocket.TopicSubscribe:
			opened()
			ended, err = c.catchUp(ctx, view)
			if refused, _ := again(err); refused { // the chat has ended: the socket brings what was said
				err = nil
			}
		case chatsocket.TopicChat:
			if content != "" {
				ended, err = view.Add(json.RawMessage(content))
			}
		}
		if ended || err != nil {
			return ended, err
		}
	}
}
