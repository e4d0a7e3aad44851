// Reads a stream of plans, and checks it against its header and its summary.

/** The stream contradicts itself: none of it may be executed. */
export class StreamError extends Error {}

/** The stream ended too early: none of it may be executed, and asking again is all that is needed. */
export class IncompleteError extends StreamError {}

/**
 * Returns the plans, each an array of phases, each an array of events; and the summary. It does not compute the digest
 * (docs/planning.md#digest), for which numbers would have to be read without rounding.
 */
export async function read(stream) {
  let header, summary;
  const plans = [];
  try {
    for await (const message of stream) {
      check(!summary, 'a message after the summary');
      check(Boolean(message.header) === !header, 'not exactly one header, at the beginning');
      if (message.header) {
        header = message.header;
      } else if (message.planPart) {
        add(plans, message.planPart);
      } else {
        check(message.summary, 'a message of an unknown kind');
        summary = message.summary;
      }
    }
  } finally {
    stream.cancel(); // has no effect on a stream that has ended
  }
  if (!summary) {
    throw new IncompleteError('the stream ended without its summary');
  }
  const count = (type) => plans.flat(2).filter((e) => e.type === `EVENT_TYPE_${type}`).length;
  const came = {
    plans: plans.length,
    phases: plans.flat().length,
    refreshes: count('REFRESH'),
    creates: count('CREATE'),
    updates: count('UPDATE'),
    deletes: count('DELETE'),
    forgets: count('FORGET'),
  };
  check(header.plans === came.plans, 'other plans than announced');
  for (const [what, n] of Object.entries(came)) {
    check(summary[what] === n, `other ${what} than announced`);
  }
  return { plans, summary };
}

/** Adds a part: a new plan or more of the last one; and in that, new phases or more of the last one. */
function add(plans, part) {
  if (part.planIndex === plans.length) {
    plans.push([]);
  }
  check(part.planIndex === plans.length - 1, 'parts out of order');
  const phases = plans.at(-1);
  part.phases.forEach((phase, i) => {
    if (phase.index === phases.length) {
      phases.push([]);
    } else {
      check(i === 0 && phase.index === phases.length - 1, 'phases out of order');
    }
    phases.at(-1).push(...phase.events);
  });
}

function check(condition, problem) {
  if (!condition) {
    throw new StreamError(problem);
  }
}
