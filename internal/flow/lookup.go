package flow

// lookup finds the value of a path, and nil for one that leads nowhere.
//
// Source: "List of available contact attributes and their JSONPath references" in the administrator
// guide.
func (r *run) lookup(p path) any {
	rest := p[1:]
	kept := &r.state.Kept
	switch p[0] {
	case "Attributes":
		return descend(r.attributes, rest)
	case "FlowAttributes":
		return descend(r.frame.Attributes, rest)
	case "External":
		return descend(r.frame.External, rest)
	case "LambdaInvocation":
		if len(rest) > 0 && rest[0] == "ResultData" {
			if result := descend(r.state.Results["LambdaInvocation"], rest[:1]); result != nil {
				return descend(result, rest[1:])
			}
			return descend(r.frame.External, rest[1:])
		}
	case "Modules":
		if len(rest) > 0 && rest[0] == "Input" {
			return descend(r.frame.Input, rest[1:])
		}
	case "Queue":
		return descend(kept.Queue.tree(), rest)
	case "Agent":
		if a := r.contact.Agent; a != nil {
			return descend(map[string]string{"UserName": a.UserName, "FirstName": a.FirstName, "LastName": a.LastName, "ARN": a.ARN}, rest)
		}
		return nil
	case "References":
		return descend(kept.references(), rest)
	case "Tags":
		return descend(kept.Tags, rest)
	case "SegmentAttributes":
		return r.segment(rest)
	case "Media":
		if len(rest) == 1 && rest[0] == "InitialMessage" {
			return r.contact.InitialMessage
		}
		return nil
	}
	if len(rest) == 0 {
		if value, ok := r.scalar(p[0]); ok {
			return value
		}
	}
	return descend(r.state.Results[p[0]], rest)
}

// lookupText is the value of a path as text. Most paths of a text are attributes, which need no
// boxing on the way.
func (r *run) lookupText(p path) string {
	if len(p) == 2 {
		switch p[0] {
		case "Attributes":
			return r.attributes[p[1]]
		case "FlowAttributes":
			return r.frame.Attributes[p[1]]
		}
	}
	return Text(r.lookup(p))
}

// scalar is the value of a path that is a root alone.
func (r *run) scalar(root string) (string, bool) {
	c := r.contact
	switch root {
	case "Channel":
		return "CHAT", true
	case "ContactId":
		return c.ID, true
	case "InitialContactId":
		return c.InitialID, true
	case "PreviousContactId":
		return c.PreviousID, true
	case "RelatedContactId":
		return c.RelatedID, true
	case "InitiationMethod":
		return c.InitiationMethod, true
	case "InstanceARN":
		return c.InstanceARN, true
	case "AwsRegion":
		return c.Region, true
	case "CustomerId":
		if id, ok := r.state.Kept.Data["CustomerId"]; ok {
			return id, true
		}
		return c.CustomerID, true
	case "LanguageCode", "Name", "Description":
		return r.state.Kept.Data[root], true
	}
	return "", false
}

// segment is a value of the segment attributes: what actions have set hides what the contact was
// started with. A path to one attribute means its value, a longer one goes into it.
func (r *run) segment(rest []string) any {
	if len(rest) == 0 {
		return nil
	}
	value, ok := r.state.Kept.Segment[rest[0]]
	if !ok {
		value, ok = r.contact.Segment[rest[0]]
	}
	if !ok && rest[0] == "connect:Subtype" {
		return "connect:Chat"
	}
	if object, is := value.(map[string]any); is {
		for _, member := range []string{"ValueString", "ValueInteger", "ValueMap", "ValueList"} {
			if inner, there := object[member]; there {
				value = inner
			}
		}
	}
	return descend(value, rest[1:])
}

// tree is the queue as paths read it.
func (q *Queue) tree() any {
	if q == nil {
		return nil
	}
	return map[string]string{"Name": q.Name, "ARN": q.ARN}
}

// references are the contact's references as paths read them.
func (k *Kept) references() any {
	tree := make(map[string]any, len(k.References))
	for name, ref := range k.References {
		tree[name] = map[string]string{"Type": ref.Type, "Value": ref.Value}
	}
	return tree
}
