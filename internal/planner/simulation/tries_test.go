package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pgplanner/pgplanner/internal/testkit"
)

// TestTriesToLoseRows tries to lose rows by wishes, marks and crashes, in all weathers. Each try is refused, or loses
// nothing but what a hazard names. The list of what came of each is in testdata/tries.txt.
func TestTriesToLoseRows(t *testing.T) {
	t.Parallel()
	founded := make(map[string]*orchestrator)
	var list strings.Builder
	counts := make(map[string]int)
	told := make(map[string]bool)
	for _, text := range allTries() {
		if told[text] {
			t.Errorf("twice: %s", text)
		}
		told[text] = true
		start, _, _ := strings.Cut(text, " | ")
		if founded[start] == nil {
			founded[start] = newSearch(nil).founded(t, wishOf(strings.Fields(start)))
		}
		outcome, story := triedInAllWeathers(founded[start], text)
		if words := " " + outcome; strings.Contains(words, " LOST ") || strings.Contains(words, " WRONG ") {
			t.Errorf("%s\n  %s\n%v", text, outcome, story)
		}
		kind, _, _ := strings.Cut(outcome, ", hazard")
		if kind != outcome && strings.HasPrefix(kind, "planned") {
			kind += ", hazard"
		}
		counts[kind]++
		fmt.Fprintf(&list, "%s\n\t%s\n", text, outcome)
	}
	t.Logf("%d tries", len(told))
	for _, outcome := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%5d %s", counts[outcome], outcome)
	}
	testkit.Golden(t, "testdata/tries.txt", list.String())
}

// triedInAllWeathers returns the outcome of a try, all of them if they differ, and what happened in the last one.
func triedInAllWeathers(start *orchestrator, text string) (string, *chronicle) {
	var outcomes []string
	var story *chronicle
	start.inAllWeathers(func(o *orchestrator) {
		o.advisor = newAdvisor(nil)
		tried := &try{o: o, hazards: make(map[string]bool), change: make(changes)}
		outcome := tried.play(text)
		if len(outcomes) == 0 || outcomes[len(outcomes)-1] != outcome {
			outcomes = append(outcomes, outcome)
			story = o.story
		}
	})
	return strings.Join(outcomes, "; in other weather "), story
}

// tries is a list of tries under construction.
type tries []string

func (l *tries) add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

// allTries are all kinds of tries.
func allTries() tries {
	var l tries
	l.losses()
	l.goingOn()
	l.lossesBesideChanges()
	l.lossesBesideJoins()
	l.joins()
	l.removals()
	l.renames()
	l.primaries()
	l.backupsAndRestores()
	l.services()
	l.records()
	return l
}

// unmarked are nodes that join, and of which the record that says so is gone, or one that they need.
func (l *tries) unmarked() {
	for stop := 6; stop <= 19; stop++ {
		l.add("n1 n2 n3 | stop %02d n1 n2 n3 n4 | forget roles n4 | n1 n2 n3 n4", stop)
		l.add("n1 n2 | stop %02d n1 n2 n3 | forget roles n3 | n1 n3", stop)
		l.add("n1 n2 | stop %02d n1 n2 n3 | forget roles n3 | n2 n3", stop)
	}
	for _, stop := range []string{"06", "07", "08", "09", "10", "12"} {
		l.add("n1 | stop %s n1 n2 | forget roles n2 | n1 n2", stop)
		l.add("n1 | stop %s n1 n2 | forget roles n2 | n2", stop)
		l.add("n1 n2 | stop %s n1 n2 n3 n4 | forget roles n3 | n1 n2 n3 n4", stop)
		l.add("n1 n2 | stop %s n1 n2 n3 | forget roles n3 | n1 n2 n3!", stop)
		l.add("n1 n2 | stop %s n1 n2 n3 | forget roles n3 | n1 n2 | n1 n2 n3", stop)
		l.add("n1 n2 | stop %s n1 n2 n3 | forget roles n3 | restore n1 of n1 n2 n3", stop)
	}
	l.add("n1 n2 n3 | stop 07 n1 n2 n3 n4 | mark database n4 | forget roles n4 | n1 n2 n3 n4")
	l.add("n1 n2 n3 | stop 09 n1 n2 n3 n4 | forget roles n4 dump n1 | n1 n2 n3 n4")
	for _, stop := range []string{"01", "02", "03", "04", "05"} {
		l.add("n1 n2 | stop 07 n1 n2 n3 | stop %s n2 | n2", stop)
		l.add("n1 n2 | stop 07 n1 n2 n3 | stop %s n2 | n1 n2", stop)
		l.add("n1 n2 n3 | stop 20 n1 n2 n3 n4 | lose database n3 | stop %s n1 n2 n3! n4 | n1 n2 n3! n4", stop)
	}
	l.add("n1 | stop 01 n1 n2 | forget database n1 | n2")
	l.add("n1 | stop 01 n1 n2 | forget database n1 | n1 n2")
	for _, stop := range []string{"05", "06", "08", "12"} {
		l.add("n1 n2 | stop %s n1 n2 n3 | stop 02 n2 | n2", stop)
		l.add("n1 n2 | stop %s n1 n2 n3 | stop 03 n2 | n2", stop)
	}
	for _, stop := range []string{"01", "02", "03", "04"} {
		l.add("n1 n2 | stop 20 n1 n2 n3 | stop %s n1 n3 | lose database n1 | n1! n3", stop)
	}
	for _, stop := range []string{"08", "09", "10"} {
		l.add("n1 n2 | stop 19 n1 n2 n3 | mark database n1 | stop %s n2 | stop 06 n2 n1 | n2 n1", stop)
	}
}

// members names the first n nodes.
func members(n int) string {
	return strings.Join([]string{"n1", "n2", "n3", "n4", "n5", "n6"}[:n], " ")
}

// losses are of one or two things of members, and nothing else is wanted.
func (l *tries) losses() {
	for n := 2; n <= 4; n++ {
		all, last := members(n), fmt.Sprint("n", n)
		for _, link := range []string{"n1>" + last, last + ">n1"} {
			l.add("%s | lose slot %s | %s", all, link, all)
			l.add("%s | lose subscription %s | %s", all, link, all)
			l.add("%s | lose slot %s subscription %s | %s", all, link, link, all)
		}
		l.add("%s | lose slot n1>%s slot %s>n1 | %s", all, last, last, all)
		l.add("%s | lose subscription n1>%s subscription %s>n1 | %s", all, last, last, all)
		l.add("%s | lose slot n1>%s subscription %s>n1 | %s", all, last, last, all)
		for _, node := range []string{"n1", last} {
			l.add("%s | lose database %s | %s", all, node, all)
			l.add("%s | lose instance %s-a | %s", all, node, all)
			l.add("%s | lose database %s instance %s-a | %s", all, node, node, all)
		}
		l.add("%s | lose database n1 database %s | %s", all, last, all)
		l.add("%s | lose instance n1-a instance %s-a | %s", all, last, all)
		l.add("%s | lose database %s slot n1>%s | %s", all, last, last, all)
		l.add("%s | lose database n1 instance %s-a | %s", all, last, all)
	}
	l.add("n1 n2 n3 | lose slot n1>n2 slot n1>n3 | n1 n2 n3")
	l.add("n1 n2 n3 | lose slot n1>n3 slot n2>n3 | n1 n2 n3")
	l.add("n1 n2 n3 | lose subscription n1>n2 subscription n1>n3 | n1 n2 n3")
	l.add("n1 n2 n3 | lose subscription n1>n3 subscription n2>n3 | n1 n2 n3")
	l.add("n1 n2 n3 | lose slot n1>n2 subscription n2>n3 | n1 n2 n3")
	l.add("n1 n2 n3 | lose database n2 slot n1>n3 | n1 n2 n3")
	l.add("n1x2 n2x2 | lose instance n1-a instance n1-b | n1x2 n2x2")
	l.add("n1x2 n2x2 | lose instance n1-a instance n2-b | n1x2 n2x2")
	l.add("n1x2 n2x2 | lose instance n1-a slot n1>n2 | n1x2 n2x2")
	l.add("n1x2 n2x2 | lose instance n1-b database n1 | n1x2 n2x2")
	l.add("n1 | lose database n1 | n1")
	l.add("n1 | lose instance n1-a | n1")
	l.add("n1x2 | lose instance n1-a | n1x2")
}

// goingOn are losses after which a member goes on without rows, perhaps interrupted, and perhaps with something else wanted
// then.
func (l *tries) goingOn() {
	for _, lost := range []string{"slot n1>n2", "slot n1>n2 slot n2>n1", "slot n1>n2 slot n3>n2", "database n2", "slot n1>n2 subscription n1>n2"} {
		lose := "n1 n2 n3 | lose " + lost
		l.add("%s | n1 n2! n3", lose)
		l.add("%s | n1! n2 n3", lose)
		l.add("%s | n1 n2! n3 n4<n2", lose)
		l.add("%s | n1 n2! n3 n4<n1", lose)
		l.add("%s | n1 n2!", lose)
		l.add("%s | n2! n3", lose)
		for _, stop := range []string{"01", "02"} {
			l.add("%s | stop %s n1 n2! n3 | n1 n2 n3", lose, stop)
			l.add("%s | stop %s n1 n2! n3 | n1 n2 n3 n4", lose, stop)
			l.add("%s | stop %s n1 n2! n3 | n1 n3", lose, stop)
			l.add("%s | lose-records %s n1 n2! n3 | n2 n3", lose, stop)
		}
		l.add("%s | stop 01 n1 n2! n3 | lose slot n3>n2 | n1 n2 n3", lose)
	}
	for stop := 1; stop <= 6; stop++ {
		for _, gone := range []string{"forget database n2", "lose database n2 | forget database n2"} {
			l.add("n1 n2 n3 | %s | stop %02d n1 n2! n3 | n1 n2 n3", gone, stop)
			l.add("n1 n2 n3 | %s | lose-records %02d n1 n2! n3 | n1 n2 n3", gone, stop)
			l.add("n1 n2 | %s | stop %02d n1 n2! | n1 n2", gone, stop)
			l.add("n1 n2 | %s | lose-records %02d n1 n2! | n1 n2!", gone, stop)
			l.add("n1 n2 n3 | %s | fail-all %02d n1 n2! n3 | n1 n2! n3 n4", gone, stop)
		}
	}
	l.add("n1 n2 | lose slot n1>n2 | n1 n2! | lose slot n1>n2 | n1 n2")
	l.add("n1 n2 | lose slot n1>n2 slot n2>n1 | n1! n2!")
	l.add("n1 n2 | lose slot n1>n2 slot n2>n1 | n1 n2!")
	l.add("n1 n2 | lose database n1 database n2 | n1! n2!")
	l.add("n1 n2 | lose database n1 | n1! n2")
	l.add("n1 n2 | n1! n2!")
	l.add("n1 n2 | lose subscription n1>n2 | n1 n2!")
	l.add("n1 n2 n3 | lose instance n2-a | n1 n2! n3")
	l.add("n1 n2 | lose slot n1>n2 | set rejoin n2 | n1 n2")
	l.add("n1 n2 n3 | lose slot n1>n2 | fail-all 02 n1 n2! n3 | n1 n2 n3")
	l.add("n1 n2 n3 | lose database n2 | fail-all 02 n1 n2! n3 | n1 n3")
	l.takenBack()
	for _, stop := range []string{"02", "03", "04"} {
		l.add("n1 n2 | stop 22 n1 n2 n3 | lose database n3 | stop %s n1 n2 n3! | n1 n2 n3!", stop)
		l.add("n1 n2 | stop 23 n1 n2 n3 | lose database n3 | stop %s n1 n2 n3! | n1 n2 n3!", stop)
	}
}

// takenBack are nodes that leave while another one goes on without its database, or is lost, perhaps interrupted, and are
// then wanted again.
func (l *tries) takenBack() {
	for _, stop := range []string{"01", "02", "03", "04", "05", "06", "07"} {
		for _, what := range []string{"lose database n1", "mark database n1", "forget database n1", "lose database n1 database n3"} {
			l.add("n1 n2 n3 | %s | stop %s n1! n2 | n1! n2 n3", what, stop)
		}
		l.add("n1 n2 | lose database n1 database n2 | stop %s n1! | n1! n2", stop)
		l.add("n1 n2 | lose database n1 database n2 | stop %s n1! n3 | n1! n3 n2", stop)
		l.add("n1 n2 n3 | lose-hosts n1 | stop %s n2 | n2 n3", stop)
		l.add("n1 n2 n3 | stop 01 n1 n2 | lose-hosts n1 | stop %s n2 | n2 n3", stop)
	}
	l.add("n1 n2 n3 | lose-hosts n1 | n2 n3")
	l.add("n1 n2 n3 | lose-hosts n1 | stop 05 n2 | stop 02 n2 n4 | n2 n4 n3")
	l.add("n1 n2 | lose database n1 database n2 | n1! n3 | n1! n3 n2")
	l.add("n1 n2 n3 | lose database n1 | n1! n2 | n1! n2 n3")
	l.add("n1 n2 n3 | lose database n1 | stop 04 n1! n2 | n1! n2 n3!")
}

// lossesBesideChanges are losses of members, while something else is wanted.
func (l *tries) lossesBesideChanges() {
	for _, lost := range []string{"slot n1>n2", "subscription n1>n2", "database n2", "instance n2-a", "slot n2>n1 subscription n2>n1"} {
		lose := "n1 n2 n3 | lose " + lost
		l.add("%s | n1 n2 n3 n4", lose)
		l.add("%s | n1 n2 n3 n4<n2", lose)
		l.add("%s | n1 n3", lose)
		l.add("%s | n2 n3", lose)
		l.add("%s | n1 n2", lose)
		l.add("%s | n2", lose)
		l.add("%s | n1 n3 n4", lose)
		l.add("%s | n1 n3 | n1 n2 n3", lose)
		l.add("%s | n1@1 n2@1 n3@1", lose)
		l.add("%s | n1x2 n2x2 n3", lose)
		l.add("%s | restore n2 of n1 n2 n3", lose)
		l.add("%s | restore n1 of n1 n2 n3", lose)
		l.add("%s | restore n3 of n1 n2 n3", lose)
	}
	l.add("n1 n2 n3 | stop 01 n2 n3 | lose slot n2>n3 | n2 n3")
	l.add("n1 n2 n3 | stop 01 n2 n3 | lose database n2 | n2 n3")
	l.add("n1 n2 n3 | stop 02 n2 n3 | lose subscription n2>n3 | n2 n3")
	l.add("n1 n2 n3 | stop 01 n2 n3 | lose slot n1>n3 | n2 n3")
	l.add("n1 n2 n3 | lose slot n1>n2 | n2 n3 | n1 n2 n3")
	l.add("n1 n2 n3 | stop 01 n1@1 n2@1 n3@1 | lose slot n1>n3 | n1@1 n2@1 n3@1")
}

// lossesBesideJoins are losses while nodes join, at several phases.
func (l *tries) lossesBesideJoins() {
	for _, stop := range []string{"03", "06", "09", "12"} {
		at := fmt.Sprintf("n1 n2 n3 | stop %s n1 n2 n3 n4", stop)
		for _, lost := range []string{
			"slot n1>n2", "database n1", "database n2", "database n4", "slot n2>n4", "subscription n1>n4",
			"subscription n2>n4", "slot n1>n4", "subscription n2>n1", "slot n4>n1", "slot n2>n1 slot n3>n1",
		} {
			l.add("%s | lose %s | n1 n2 n3 n4", at, lost)
		}
		l.add("%s | lose slot n2>n4 | n1 n3 n4", at)
		l.add("%s | lose database n2 | n1 n3 n4", at)
		l.add("%s | lose slot n2>n1 | n1! n2 n3 n4", at)
		l.add("%s | lose database n1 | n2 n3 n4", at)
	}
}

// primaries change, are not known, or are not wanted.
func (l *tries) primaries() {
	for _, start := range []string{"n1x2", "n1x2 n2x2", "n1x2 n2 n3"} {
		l.add("%s | unknown n1 | %s", start, start)
		l.add("%s | primary n1-b | %s", start, start)
		l.add("%s | primary n1-b | %s", start, strings.Replace(start, "n1x2", "n1", 1))
		l.add("%s | primary n1-b | lose instance n1-a | %s", start, start)
		l.add("%s | primary n1-b | lose instance n1-b | %s", start, start)
		l.add("%s | lose instance n1-a | %s", start, strings.Replace(start, "n1x2", "n1", 1))
		l.add("%s | lose instance n1-a | unknown n1 | %s", start, start)
		l.add("%s | unknown n1 | %s n4", start, start)
		l.add("%s | primary n1-b | set reversed n1 | %s", start, start)
		l.add("%s | stop 01 %s | primary n1-b | %s", start, strings.Replace(start, "n1x2", "n1x2@1", 1), start)
		l.add("%s | mark instance n1-a | %s", start, start)
		l.add("%s | forget instance n1-a | %s", start, start)
	}
	l.add("n1 n2 | unknown n1 | n2")
	l.add("n1 n2 | unknown n1 | n1 n2 n3<n2")
	l.add("n1x2 n2x2 | primary n1-b | lose slot n1>n2 | n1x2 n2x2")
	l.add("n1x2 n2x2 | primary n1-b | lose slot n1>n2 | n1x2 n2x2!")
	l.add("n1x2 n2x2 | primary n1-b | lose slot n1>n2 | n1x2")
	l.add("n1x2 n2x2 | primary n1-b | lose slot n2>n1 subscription n2>n1 | n2x2")
	l.add("n1x2 n2 | primary n1-b | restore n1 of n1x2 n2")
	l.add("n1x2 n2 | unknown n1 | restore n1 of n1x2 n2")
	l.add("n1x2 n2 | unknown n1 | restore n2 of n1x2 n2")
	l.add("n1x2 n2 | stop 06 n1x2 n2 n3 | unknown n1 | n1x2 n2 n3")
	l.add("n1x2 n2 | stop 06 n1x2 n2 n3x2 | primary n3-b | n1x2 n2 n3x2")
}

// backupsAndRestores bring nodes that lack what was written since, and take away those that have it.
func (l *tries) backupsAndRestores() {
	l.add("n1 n2 | set backup n3 | n1 n2 n3")
	l.add("n1 n2 | set lacking_backup n3 | n1 n2 n3")
	l.add("n1 n2 | set lacking_backup n3 | stop 02 n1 n2 n3 | set nothing n3 | n1 n2 n3")
	l.add("n1 n2 | set backup n1 | n1 n2")
	l.add("n1 n2 | set backup n3 | n3")
	l.add("n1 n2 | set backup n3 | lose database n1 | n2 n3")
	l.add("n1 n2 | set backup n3 | lose database n1 database n2 | n1 n2 n3")
	l.add("n1 n2 | set backup n3 | n1 n2 n3<n1")
	l.add("n1 n2 | stop 06 n1 n2 n3 | set backup n3 | n1 n2 n3")
	l.add("n1 n2 | lose database n2 | set backup n2 | n1 n2")
	l.add("n1 n2 | lose database n2 | set lacking_backup n2 | n1 n2")
	l.add("n1 n2 n3 | restore n1 of n1 n2")
	l.add("n1 n2 n3 | restore n2 of n1 n2 n3 n4")
	l.add("n1 n2 n3 | restore n1 n2 n3 of n1 n2 n3")
	l.add("n1 n2 n3 | restore n1 n2 of n1 n2 n3")
	l.add("n1 n2 n3 | restore n1 n2 of n1 n2")
	l.add("n1 n2 n3 | restore n4 of n1 n2 n3 n4")
	l.add("n1x2 n2x2 | restore n1 of n1x2 n2x2")
	l.add("n1 n2 n3 | lose slot n1>n2 | restore n1 n2 of n1 n2 n3")
	l.add("n1 n2 n3 | lose database n1 | restore n1 of n1 n2 n3")
	l.add("n1 n2 n3 | lose instance n1-a | restore n1 of n1 n2 n3")
	l.add("n1 n2 n3 | lose instance n1-a instance n2-a | restore n1 of n1 n2 n3")
	l.add("n1 n2 n3 | lose subscription n1>n3 | restore n2 of n1 n2 n3")
	l.add("n1 n2 n3 | set lacking_backup n2 | lose slot n1>n3 | restore n2 of n1 n2 n3!")
	l.add("- | set backup n1 | n1 n2")
	l.add("- | set backup n1 | set backup n2 | n1 n2")
}

// services write from their start.
func (l *tries) services() {
	l.add("- | n1+ n2+ n3+")
	l.add("n1 n2 | n1+ n2+ n3+")
	l.add("n1 n2 | stop 05 n1+ n2+ n3+ | n1 n2 n3")
	l.add("n1 n2 | stop 08 n1+ n2+ n3+ | n1+ n2+")
	l.add("n1+ n2+ | n2+")
	l.add("n1+ n2+ | n2")
	l.add("n1+ n2+ | n1+ n3+")
	l.add("n1+ n2+ | lose slot n1>n2 | n1+ n2!+")
	l.add("n1+ n2+ | lose slot n1>n2 | n1+ n2+")
	l.add("n1+ n2+ | lose subscription n1>n2 | n1+ n2+")
	l.add("n1+ n2+ | lose database n2 | n1+ n2!+")
	l.add("n1+ n2+ | lose service n1 | n1+ n2+")
	l.add("n1+ n2+ | forget service n1 | n1+ n2+")
	l.add("n1+ n2+ | mark service n1 subscription n1>n2 | n1+ n2+")
	l.add("n1+ n2+ | stop 01 n1+ | n1+ n2+")
	l.add("n1+ n2+ | stop 02 n1+ | n1+ n2+")
	l.add("n1+ n2+ n3+ | restore n2 of n1+ n2+ n3+")
	l.starts()
}

// starts are of services beside joining nodes, which stop when the services may be there, and then a link is lost, or other
// nodes are wanted.
func (l *tries) starts() {
	for _, stop := range []string{"11", "12", "13", "14", "15", "16", "17"} {
		at := fmt.Sprintf("n1 | stop %s n1 n2+", stop)
		l.add("%s | n1 n2+ n6", at)
		l.add("%s | lose slot n1>n2 | n1 n2+", at)
	}
	for _, stop := range []string{"18", "19", "20", "21", "22"} {
		at := fmt.Sprintf("n1 n2 | stop %s n1 n2 n3+", stop)
		l.add("%s | n1 n3+", at)
		l.add("%s | lose slot n2>n3 | n1 n2 n3+", at)
		l.add("%s | n1 n2 n3+ n4+", at)
		l.add("n1 n2 | lose-records %s n1 n2 n3+ | n1 n3+", stop)
		l.add("n1 n2 | fail-all %s n1+ n2 n3+ n4+ | lose slot n1>n4 | n1+ n2 n3+ n4+", stop)
	}
	for _, stop := range []string{"14", "15", "16"} {
		l.add("n1x2 | stop %s n1x2 n2x2+ | n1x2 n2x2+ n3", stop)
		l.add("n1 | stop %s n1+ n2 | lose subscription n1>n2 | n1+ n2", stop)
		l.add("n1 | stop %s n1+ n2+ | mark service n2 | stop 03 n1+ n2+ n3+ | lose slot n1>n2 | n1+ n2+ n3+", stop)
		l.add("n1 | stop %s n1 n2+ n3+ | lose slot n1>n3 | n1 n2+ n3+", stop)
		l.add("n1 n2 | fail-all 04 n1 n2! n3 n4 | stop %s n1 n2! n3 | fail-all 05 n1+ n2+ n3+ | n1 n3 n4", stop)
	}
	l.add("n1 n2 | fail-all 04 n1 n2! n3 n4 | stop 13 n1 n2! n3 | fail-all 05 n1+ n2+ n3+ | n1 n3 n4")
	l.add("n1+ n2+ | mark service n2 | stop 20 n1+ n2+ n3+ | n1+ n3+")
	l.add("n1+ n2+ | fail service n2 | stop 20 n1+ n2+ n3+ | lose slot n1>n3 | n1+ n2+ n3+")
	l.add("n1+ | mark service n1 | n1+ n2+")
	l.add("n1+ | forget service n1 | stop 14 n1+ n2+ | n1+ n2+ n3+")
}

// records are missing, marked, failed or disabled, and what they are of is there.
func (l *tries) records() {
	for _, how := range []string{"forget", "mark", "fail"} {
		for _, what := range []string{
			"slot n1>n2", "subscription n1>n2", "slot n1>n2 subscription n1>n2", "database n2", "instance n2-a", "node n2",
			"slot n1>n2 slot n2>n1", "subscription n1>n2 subscription n2>n1", "node n1 node n2", "directory n2-a",
		} {
			l.add("n1 n2 n3 | %s %s | n1 n2 n3", how, what)
			l.add("n1 n2 n3 | %s %s | n1 n2 n3 n4", how, what)
			l.add("n1 n2 n3 | %s %s | n1 n3", how, what)
			l.add("n1 n2 n3 | %s %s | n2 n3", how, what)
			l.add("n1 n2 n3 | %s %s | n1 n2! n3", how, what)
		}
	}
	l.add("n1 n2 n3 | disable subscription n1>n2 | n1 n2 n3")
	l.add("n1 n2 n3 | disable subscription n1>n2 | n1 n2 n3 n4<n2")
	l.add("n1 n2 n3 | disable subscription n1>n2 | n1 n2")
	l.add("n1 n2 n3 | disable subscription n1>n2 | n2 n3")
	l.add("n1 n2 n3 | disable subscription n1>n2 subscription n3>n2 | n1 n2 n3")
	for _, stop := range []string{"06", "09", "12"} {
		at := fmt.Sprintf("n1 n2 n3 | stop %s n1 n2 n3 n4", stop)
		for _, change := range []string{
			"forget making n2>n4", "mark making n2>n4", "forget slot n2>n4", "mark slot n2>n4",
			"forget subscription n1>n4", "mark subscription n1>n4", "fail subscription n1>n4", "forget subscription n2>n4",
			"mark subscription n2>n4", "forget tracker n2>n4", "mark marker n2>n1", "fail tracker n2>n4", "forget advance n2>n4",
			"mark origin n2>n4", "forget database n4", "mark database n4", "fail database n4", "mark instance n4-a", "forget node n4",
		} {
			l.add("%s | %s | n1 n2 n3 n4", at, change)
		}
	}
	l.unmarked()
}
