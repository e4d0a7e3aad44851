package convert

import plannerv1 "github.com/pgplanner/pgplanner/gen/planner/v1"

// The functions below are the methods of a Converter with the default limits.

// UpdateDatabase converts a request: see Converter.UpdateDatabase.
func UpdateDatabase(in *plannerv1.UpdateDatabaseRequest) (*UpdateDatabaseCall, error) {
	return Converter{}.UpdateDatabase(in)
}

// RestoreDatabase converts a request: see Converter.RestoreDatabase.
func RestoreDatabase(in *plannerv1.RestoreDatabaseRequest) (*RestoreDatabaseCall, error) {
	return Converter{}.RestoreDatabase(in)
}

// AddNode converts a request: see Converter.AddNode.
func AddNode(in *plannerv1.AddNodeRequest) (*NodeCall, error) {
	return Converter{}.AddNode(in)
}

// UpdateNode converts a request: see Converter.UpdateNode.
func UpdateNode(in *plannerv1.UpdateNodeRequest) (*NodeCall, error) {
	return Converter{}.UpdateNode(in)
}

// AddNodes converts a request: see Converter.AddNodes.
func AddNodes(in *plannerv1.AddNodesRequest) (*NodesCall, error) {
	return Converter{}.AddNodes(in)
}

// RollingUpdateNodes converts a request: see Converter.RollingUpdateNodes.
func RollingUpdateNodes(in *plannerv1.RollingUpdateNodesRequest) (*NodesCall, error) {
	return Converter{}.RollingUpdateNodes(in)
}

// ConcurrentUpdateNodes converts a request: see Converter.ConcurrentUpdateNodes.
func ConcurrentUpdateNodes(in *plannerv1.ConcurrentUpdateNodesRequest) (*NodesCall, error) {
	return Converter{}.ConcurrentUpdateNodes(in)
}

// EndState converts a request: see Converter.EndState.
func EndState(in *plannerv1.EndStateRequest) (*NodesCall, error) {
	return Converter{}.EndState(in)
}

// PopulateNode converts a request: see Converter.PopulateNode.
func PopulateNode(in *plannerv1.PopulateNodeRequest) (*PopulateNodeCall, error) {
	return Converter{}.PopulateNode(in)
}

// PopulateNodes converts a request: see Converter.PopulateNodes.
func PopulateNodes(in *plannerv1.PopulateNodesRequest) (*PopulateNodesCall, error) {
	return Converter{}.PopulateNodes(in)
}

// RestoreNode converts a request: see Converter.RestoreNode.
func RestoreNode(in *plannerv1.RestoreNodeRequest) (*RestoreNodeCall, error) {
	return Converter{}.RestoreNode(in)
}

// PlanStates converts a request: see Converter.PlanStates.
func PlanStates(in *plannerv1.PlanStatesRequest) (*PlanStatesCall, error) {
	return Converter{}.PlanStates(in)
}

// PlanRefresh converts a request: see Converter.PlanRefresh.
func PlanRefresh(in *plannerv1.PlanRefreshRequest) (*PlanRefreshCall, error) {
	return Converter{}.PlanRefresh(in)
}

// ApplyEvents converts a request: see Converter.ApplyEvents.
func ApplyEvents(in *plannerv1.ApplyEventsRequest) (*ApplyEventsCall, error) {
	return Converter{}.ApplyEvents(in)
}

// VerifyPlans converts a request: see Converter.VerifyPlans.
func VerifyPlans(in *plannerv1.VerifyPlansRequest) (*VerifyPlansCall, error) {
	return Converter{}.VerifyPlans(in)
}
