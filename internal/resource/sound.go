package resource

// sound tells whether a vertex and all that it depends on is there and has not failed, as a step has found it out. It
// says nothing in another step.
type sound struct {
	step int32
	is   bool
}

// checked is a vertex on the way to what decides whether it is sound: the edges before next are.
type checked struct {
	vertex vertex
	next   int
}

// isSound tells whether v and all that it depends on is there and has not failed. Lower layers than that
// of the candidate which asks have been planned in this step, so that the answer holds until its end. It goes depth
// first, without recursion: chains may be long.
func (e *engine) isSound(v vertex) bool {
	path := e.path[:0]
	for known := e.sound[v]; known.step != e.step; known = e.sound[v] {
		if e.stop.Stopped() {
			return false
		}
		if len(path) == 0 {
			path = append(path, checked{vertex: v})
		}
		path = e.checkNext(path)
	}
	e.path = path
	return e.sound[v].is
}

// checkNext goes one step on a path: down to a dependency that nothing is known of, or up.
func (e *engine) checkNext(path []checked) []checked {
	top := &path[len(path)-1]
	is := e.isVirtual[top.vertex] || e.isThere(top.vertex)
	out := e.current.out(top.vertex)
	for ; is && top.next < len(out) && !e.stop.Stopped(); top.next++ {
		w := out[top.next]
		if e.isVirtual[top.vertex] && !e.current.has(w) {
			continue // a type is what there is of it
		}
		if e.sound[w].step != e.step {
			return append(path, checked{vertex: w})
		}
		is = e.sound[w].is
	}
	e.sound[top.vertex] = sound{e.step, is}
	return path[:len(path)-1]
}

// isThere tells whether the state has v, and it has not failed.
func (e *engine) isThere(v vertex) bool {
	r := e.current.resources[v]
	return r != nil && !r.NeedsRecreate && r.Error == ""
}
