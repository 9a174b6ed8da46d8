package fault

import (
	"net/http"
	"time"

	"github.com/parley-chat/parley/internal/awswire"
)

// refusal is the error an action is answered with, as AWS words it.
func (e Effect) refusal(action string) *awswire.Error {
	status := e.defaultStatus()
	refusal := &awswire.Error{Status: status, Name: exception(status, action), Message: message(status)}
	if e.Error != "" {
		refusal.Name = e.Error
	}
	if e.Message != "" {
		refusal.Message = e.Message
	}
	if e.Type == Throttle {
		refusal.RetryAfter = time.Second
	}
	return refusal
}

// exception is the name of AWS's exception with a status. The two services differ.
func exception(status int, action string) string {
	connect := isConnect(action)
	switch status {
	case http.StatusBadRequest:
		if connect {
			return "InvalidRequestException"
		}
		return "ValidationException"
	case http.StatusPaymentRequired:
		return "ServiceQuotaExceededException"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "AccessDeniedException"
	case http.StatusNotFound:
		return "ResourceNotFoundException"
	case http.StatusRequestTimeout:
		return "RequestTimeoutException"
	case http.StatusConflict:
		return "ConflictException"
	case http.StatusRequestEntityTooLarge:
		return "RequestEntityTooLargeException"
	case http.StatusTooManyRequests:
		if action == startChatContact {
			return "TooManyRequestsException"
		}
		return "ThrottlingException"
	case http.StatusServiceUnavailable:
		return "ServiceUnavailableException"
	}
	switch {
	case status < http.StatusInternalServerError:
		return "BadRequestException"
	case connect:
		return "InternalServiceException"
	}
	return "InternalServerException"
}

// message is the text that goes with a status.
func message(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return "Access denied"
	case http.StatusNotFound:
		return "The resource was not found."
	case http.StatusPaymentRequired:
		return "The quota is reached."
	case http.StatusConflict:
		return "Operation can not be performed due to the state of the contact."
	case http.StatusTooManyRequests:
		return "Rate exceeded"
	case http.StatusServiceUnavailable:
		return "Service unavailable"
	}
	if status < http.StatusInternalServerError {
		return "The request is not valid."
	}
	return "Internal server error"
}
