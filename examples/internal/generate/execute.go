package main

import (
	"encoding/json"

	"github.com/pgplanner/pgplanner/internal/database"
	"github.com/pgplanner/pgplanner/internal/resource"
)

// execute does what an orchestrator does: it runs the events, here only in thought, and records the result
// of each of them.
func (s *story) execute(plans []resource.Plan) error {
	for _, plan := range plans {
		for _, phase := range plan.Phases {
			for _, event := range phase.Events {
				executed, err := result(event)
				if err != nil {
					return err
				}
				s.state.Apply(executed)
			}
		}
	}
	return nil
}

// result is the event with what only execution knows: how to connect to an instance. The planner leaves
// such attributes empty and never compares them.
func result(event resource.Event) (resource.Event, error) {
	if event.Type.Removes() || event.Resource.Identifier.Type != database.TypeInstance {
		return event, nil
	}
	var attributes map[string]any
	if err := json.Unmarshal(event.Resource.Attributes, &attributes); err != nil {
		return event, err
	}
	attributes["connection_info"] = map[string]any{"host": attributes["instance_hostname"], "port": port}
	text, err := json.Marshal(attributes)
	if err != nil {
		return event, err
	}
	event.Resource = event.Resource.Clone()
	event.Resource.Attributes = text
	return event, nil
}
