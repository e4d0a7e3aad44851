// Package resource is the planning engine: it compares states of resources and plans the events that lead
// from one to the next. It knows no database and nothing else about what the resources are.
//
//	resource    one thing that an orchestrator manages: attributes, and what it depends on
//	state       a set of resources, one for each identifier
//	diff        a state that holds only what changes against the state before it
//	step        from one state to the next: to a whole wanted state, or by a diff
//	group       diffs that belong together
//	constraint  an order of events of the last step that no dependency asks for
//	event       one thing to do to one resource: create, update, delete, refresh
//	cause       a dependency whose event is why a resource is updated
//	phase       events that may run at the same time
//	plan        phases that run one after the other; what a step needs
//	layer       the length of a resource's longest chain of dependencies; a plan has a phase for each
//	digest      the hash of a sequence of plans
//
// and inside the engine:
//
//	run        one call: from a start through all of its steps
//	vertex     the number of an identifier in one run
//	virtual    a vertex that stands for several resources: all of a type, or those that a constraint names
//	index      the vertices of a run
//	graph      a state over an index: resources by vertex, and edges to what they depend on
//	candidate  a resource that a step looks at
//	owed       causes that a resource remembers while it has to wait
//	leftover   a resource that is there and not wanted any more
//
// It promises that the same input gives the same plans, whatever the order in which states were filled;
// that no event of a phase depends on another one of it; that input is never changed; that planning costs
// what reading the states and writing the events costs; that a run which is told to stop does so within some
// microseconds, with interrupt.ErrInterrupted; and that numbers are compared exactly. It refuses what cannot be
// planned with a typed error that names the resources, and it does no I/O, keeps nothing between calls and panics on
// no input.
//
// docs/planning.md has the rules, docs/architecture.md the algorithm.
package resource
