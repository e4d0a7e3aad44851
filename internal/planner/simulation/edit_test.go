package simulation

// content is what a database has got so far, and a copy of it brings along.
type content struct {
	// rows are the rows that were inserted, also those that were deleted again.
	rows rowset
	// edited are the edits that met their row; missed are those that did not, and changed nothing.
	edited, missed rowset
}

// commits are all that the database has got.
func (c *content) commits() rowset { return c.rows.or(c.edited).or(c.missed) }

// half is what a copy that broke half-way has brought.
func (c content) half() content {
	return content{rows: c.rows.half(), edited: c.edited.half(), missed: c.missed.half()}
}

// edit is an update or a delete of a row. Which of several wins is decided by their timestamps, everywhere alike; so all
// that can go wrong is that the row is not there yet when an edit of it arrives: that is skipped, and the row, when it
// comes, stays as it was.
type edit struct {
	// row is one more than the row; 0 stands for a commit that is no edit.
	row int16
	// certain tells that the row was written on the same node, or was on all nodes, when it was edited.
	certain bool
}

// all are the commits that were ever made.
func (w *world) all() rowset {
	var all rowset
	for _, commits := range w.committed {
		all = all.or(commits)
	}
	return all
}

// edit commits an edit of the row on a node that has it.
func (w *world) edit(node, row int) {
	s := &w.servers[node]
	if !w.hasWriters(node) || w.commits == maxCommits || row == noCommit || !s.rows.has(row) {
		return
	}
	w.edits[w.commits] = edit{
		row: int16(row) + 1, certain: w.committed[node].has(row) || w.isEverywhere(row),
	}
	s.edited.add(w.commits)
	w.commit(node)
}

// take applies a commit from elsewhere.
func (w *world) take(node, commit int) {
	s := &w.servers[node]
	s.log(commit, false)
	row := int(w.edits[commit].row) - 1
	switch {
	case row == noCommit:
		s.insert(commit)
	case s.rows.has(row):
		s.edited.add(commit)
	default:
		w.seen.count(editMissed)
		s.missed.add(commit)
	}
}

// isEverywhere tells whether all databases have the row, or will have it with a copy. What goes on without its rows copies
// nothing.
func (w *world) isEverywhere(row int) bool {
	for node := range w.servers {
		if s := &w.servers[node]; s.exists && !s.rows.has(row) && (w.goingOn[node][node] || !s.willCopy(row)) {
			return false
		}
	}
	return true
}

// willCopy tells whether a copy that has not ended will bring a row that all have which can be copied.
func (s *server) willCopy(row int) bool {
	enabled := false
	for i := range s.subscriptions {
		sub := &s.subscriptions[i]
		enabled = enabled || sub.enabled
		switch sub.copying {
		case copyWanted, copyBroken:
			return true
		case copyRunning:
			return sub.snapshot.rows.has(row)
		case copyNone, copyComplete:
		}
	}
	return !enabled && s.content == content{}
}

// certain are those of the edits that were certain to meet their row, if that is one of the rows.
func (w *world) certain(edits, rows rowset) rowset {
	var certain rowset
	for _, commit := range edits.list() {
		if e := w.edits[commit]; e.certain && rows.has(int(e.row)-1) {
			certain.add(commit)
		}
	}
	return certain
}
