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
	if known := e.sound[v]; known.step == e.step {
		return known.is
	}
	path := e.path[:0]
	path = append(path, checked{vertex: v})
	for len(path) > 0 && !e.stop.Stopped() {
		top := &path[len(path)-1]
		isType := e.isVirtual[top.vertex]
		is := top.next > 0 || isType || e.isThere(top.vertex)
		unknown := vertex(-1)
		for out := e.current.out(top.vertex); is && unknown < 0 && top.next < len(out) && !e.stop.Stopped(); {
			switch w := out[top.next]; {
			case isType && !e.current.has(w): // a type is what there is of it
				top.next++
			case e.sound[w].step == e.step:
				is = e.sound[w].is
				top.next++
			default:
				unknown = w
			}
		}
		if unknown >= 0 {
			path = append(path, checked{vertex: unknown})
			continue
		}
		e.sound[top.vertex] = sound{e.step, is}
		path = path[:len(path)-1]
	}
	e.path = path
	return e.sound[v].is
}

// isThere tells whether the state has v, and it has not failed.
func (e *engine) isThere(v vertex) bool {
	r := e.current.resources[v]
	return r != nil && !r.NeedsRecreate && r.Error == ""
}
