// Brings a database to so many nodes: an orchestrator in small, with a stand-in for the servers. See README.md.

import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

import { IncompleteError, read } from './plans.js';

const ATTEMPTS = 10;
const CONCURRENCY = 8;
const EXIT_CRASHED = 3;
const MAX_MESSAGE_BYTES = 64 << 20;

// Planning changes nothing, so that calls that fail before they are answered are repeated; and calls go round all
// addresses of the target.
const SERVICE_CONFIG = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: 'planner.v1.PlannerService' }],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: '0.1s',
        maxBackoff: '2s',
        backoffMultiplier: 3,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
};

const { values: flags } = parseArgs({
  options: {
    target: { type: 'string', default: '127.0.0.1:7070' },
    tls: { type: 'boolean', default: false },
    'tls-ca': { type: 'string' },
    'tls-cert': { type: 'string' },
    'tls-key': { type: 'string' },
    state: { type: 'string', default: 'state.json' },
    nodes: { type: 'string', default: '3' },
    'delete-database': { type: 'boolean', default: false },
    'crash-after': { type: 'string', default: '0' },
    'fail-once': { type: 'string' },
  },
});

function connect() {
  const protos = fileURLToPath(new URL('../../../proto', import.meta.url));
  const definition = protoLoader.loadSync('planner/v1/planner_service.proto', {
    includeDirs: [protos],
    enums: String,
    defaults: true,
  });
  const { PlannerService } = grpc.loadPackageDefinition(definition).planner.v1;
  return new PlannerService(flags.target, credentials(), {
    'grpc.service_config': JSON.stringify(SERVICE_CONFIG),
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.per_rpc_retry_buffer_size': MAX_MESSAGE_BYTES,
  });
}

function credentials() {
  const files = ['tls-ca', 'tls-key', 'tls-cert'].map((flag) => (flags[flag] ? fs.readFileSync(flags[flag]) : null));
  return flags.tls || files.some(Boolean) ? grpc.credentials.createSsl(...files) : grpc.credentials.createInsecure();
}

/**
 * A request for a database on nodes n1, n2, and so on, each with one instance that needs a directory; or for none. That there is to
 * be none has to be said: a list of nodes may also be empty by mistake.
 */
function wish() {
  const deleteDatabase = flags['delete-database'];
  return {
    nodes: deleteDatabase ? [] : Array.from({ length: Number(flags.nodes) }, (_, i) => node(i + 1)),
    options: { deleteDatabase },
    responseOptions: { attributesFormat: 'ATTRIBUTES_FORMAT_JSON' },
  };
}

function node(number) {
  const host = `host-${number}`;
  const instance = `n${number}-a`;
  return {
    nodeName: `n${number}`,
    databaseId: 'db-1',
    databaseName: 'app',
    databaseOwner: 'app',
    instanceResources: [
      {
        instance: {
          spec: {
            instanceId: instance,
            hostId: host,
            settingsJson: JSON.stringify({ port: 5432, postgres_version: '17.6' }),
          },
          instanceHostname: `${host}.example`,
        },
        instanceDependencies: [
          {
            identifier: { type: 'orchestrator.directory', id: instance },
            executor: { type: 'EXECUTOR_TYPE_HOST', id: host },
            attributesJson: JSON.stringify({ path: `/var/lib/postgresql/${instance}`, mode: '0700' }),
          },
        ],
      },
    ],
  };
}

const name = ({ type, id }) => `${type}::${id}`;

/** The state, in memory and, after every change, in a file: the JSON form of a State. */
class Store {
  #path;
  #resources;

  constructor(path) {
    this.#path = path;
    const { resources = [] } = fs.existsSync(path) ? JSON.parse(fs.readFileSync(path, 'utf8')) : {};
    this.#resources = new Map(resources.map((r) => [name(r.identifier), r]));
  }

  get state() {
    return { resources: [...this.#resources.values()] };
  }

  put(resource) {
    this.#resources.set(name(resource.identifier), resource);
    this.#write();
  }

  delete(identifier) {
    this.#resources.delete(name(identifier));
    this.#write();
  }

  /** Whoever reads the file sees the old state or the new one, never half of it. */
  #write() {
    const temporary = `${this.#path}.tmp`;
    const file = fs.openSync(temporary, 'w');
    fs.writeSync(file, JSON.stringify(this.state));
    fs.fsyncSync(file);
    fs.closeSync(file);
    fs.renameSync(temporary, this.#path);
  }
}

/** An executor that prints what it would do. */
class StandIn {
  #crashAfter;
  #failOnce;
  #executed = 0;

  constructor(crashAfter, failOnce) {
    this.#crashAfter = crashAfter;
    this.#failOnce = failOnce;
  }

  /** Carries out one event and returns its resource as it then is. Runs for all events of a phase at once. */
  async execute({ type, reason, resource }) {
    // For a primary, an orchestrator looks up now which instance that is.
    const place = `${word(resource.executor.type, 'EXECUTOR_TYPE_')} ${resource.executor.id}`.trim();
    const self = name(resource.identifier);
    console.log(`${word(type, 'EVENT_TYPE_')} ${self} at ${place} (${word(reason, 'EVENT_REASON_')})`);
    await sleep(10); // here the work would be done
    if (++this.#executed === this.#crashAfter) {
      console.log('crashing on purpose');
      process.exit(EXIT_CRASHED);
    }
    if (self === this.#failOnce) {
      this.#failOnce = undefined;
      throw new Error('failed on purpose');
    }
    return observed(resource);
  }
}

/** The planner's word for an enum value. */
const word = (value, prefix) => value.slice(prefix.length).toLowerCase();

/** Fills in what only execution knows: here the connection info of an instance. */
function observed(resource) {
  if (resource.identifier.type !== 'database.instance') {
    return resource;
  }
  // JSON.parse rounds integers beyond 2^53: where settings have some, use a parser that does not.
  const attributes = JSON.parse(resource.attributesJson);
  attributes.connection_info = { hostname: resource.executor.id, port: 5432 };
  return { ...resource, attributesJson: JSON.stringify(attributes) };
}

/** Executes one event and records its result. Returns whether it succeeded. */
async function perform(event, executor, store) {
  if (event.type === 'EVENT_TYPE_FORGET') { // its host is gone for good: there is nothing to execute
    store.delete(event.resource.identifier);
    return true;
  }
  let result;
  try {
    result = { ...(await executor.execute(event)), error: '', needsRecreate: false };
  } catch (error) {
    console.log(`failed: ${name(event.resource.identifier)}: ${error.message}`);
    if (['EVENT_TYPE_CREATE', 'EVENT_TYPE_UPDATE'].includes(event.type)) { // others stay as they were
      // A failed create is made again. A real executor leaves needsRecreate out where an update can mend what is there,
      // and sets it, without the error, where an update finds that the thing is gone.
      const needsRecreate = event.type === 'EVENT_TYPE_CREATE';
      store.put({ ...event.resource, error: error.message || 'failed', needsRecreate });
    }
    return false;
  }
  if (event.type === 'EVENT_TYPE_DELETE') {
    store.delete(event.resource.identifier);
  } else {
    store.put(result);
  }
  return true;
}

/** Executes plans and phases in order, and the events of a phase at once. Stops after a phase with a failure. */
async function run(plans, executor, store) {
  for (const phase of plans.flat()) {
    const left = phase.values();
    let good = true;
    const worker = async () => {
      for (const event of left) {
        good = (await perform(event, executor, store)) && good;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    if (!good) {
      return;
    }
  }
}

/** Asks for plans, runs them, and asks again, until nothing is left to do. */
async function reconcile(planner, request, executor, store) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    let answer;
    try {
      answer = await read(planner.UpdateDatabase({ ...request, start: store.state }));
    } catch (error) {
      if (error.code !== grpc.status.UNAVAILABLE && !(error instanceof IncompleteError)) {
        throw error;
      }
      console.log(`asking again: ${error.message}`);
      await sleep(100);
      continue;
    }
    const { plans, summary } = answer;
    if (plans.length === 0) {
      console.log('nothing left to do');
      return;
    }
    console.log(
      `${summary.plans} plans: ${summary.creates} creates, ${summary.updates} updates, ` +
        `${summary.deletes} deletes; ${summary.changes} changes, ${summary.followOns} follow-ons; ` +
        `digest ${summary.digest.slice(0, 12)}`,
    );
    for (const hazard of summary.hazards) {
      console.log(`hazard: ${hazard.message}`);
    }
    await run(plans, executor, store);
  }
  throw new Error(`giving up after ${ATTEMPTS} attempts`);
}

const planner = connect();
try {
  const executor = new StandIn(Number(flags['crash-after']), flags['fail-once']);
  await reconcile(planner, wish(), executor, new Store(flags.state));
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
} finally {
  planner.close();
}
