"""Brings a database to so many nodes: an orchestrator in small, with a stand-in for the servers. See README.md."""

import argparse
import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "gen"))

import grpc
from google.protobuf import json_format

import plans
from planner.v1 import database_pb2, options_pb2, plan_pb2, planner_service_pb2, planner_service_pb2_grpc, resource_pb2

ATTEMPTS = 10
CONCURRENCY = 8
EXIT_CRASHED = 3

# Planning changes nothing, so that calls that fail before they are answered are repeated; and calls go round all
# addresses of the target.
SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": "planner.v1.PlannerService"}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 3,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}
MAX_MESSAGE_BYTES = 64 << 20


def parse_flags():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--target", default="127.0.0.1:7070", help="the planner, such as unix:///run/planner.sock")
    p.add_argument("--tls", action="store_true", help="use TLS, and trust what the system trusts")
    p.add_argument("--tls-ca", type=Path, metavar="FILE", help="use TLS, and trust these CA certificates")
    p.add_argument("--tls-cert", type=Path, metavar="FILE", help="show this certificate to the planner")
    p.add_argument("--tls-key", type=Path, metavar="FILE", help="the key of --tls-cert")
    p.add_argument("--state", type=Path, default="state.json", metavar="FILE", help="the file of the state")
    p.add_argument("--nodes", type=int, default=3, metavar="N", help="how many nodes the database should have")
    p.add_argument("--delete-database", action="store_true", help="want no database at all, whatever --nodes says")
    p.add_argument("--crash-after", type=int, default=0, metavar="N", help="die after N events")
    p.add_argument("--fail-once", metavar="TYPE::ID", help="let the first event of this resource fail")
    return p.parse_args()


def connect(flags):
    options = [
        ("grpc.service_config", json.dumps(SERVICE_CONFIG)),
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.per_rpc_retry_buffer_size", MAX_MESSAGE_BYTES),
    ]
    if flags.tls or flags.tls_ca or flags.tls_cert:
        files = [f.read_bytes() if f else None for f in (flags.tls_ca, flags.tls_key, flags.tls_cert)]
        return grpc.secure_channel(flags.target, grpc.ssl_channel_credentials(*files), options)
    return grpc.insecure_channel(flags.target, options)


def wish(flags):
    """A request for a database on nodes n1, n2, and so on, each with one instance that needs a directory; or for none. That there
    is to be none has to be said: a list of nodes may also be empty by mistake."""
    return planner_service_pb2.UpdateDatabaseRequest(
        nodes=[] if flags.delete_database else [node(i + 1) for i in range(flags.nodes)],
        options=options_pb2.UpdateDatabaseOptions(delete_database=flags.delete_database),
        response_options=options_pb2.ResponseOptions(attributes_format=options_pb2.ATTRIBUTES_FORMAT_JSON),
    )


def node(number):
    name, host = f"n{number}", f"host-{number}"
    instance = f"{name}-a"
    directory = resource_pb2.Resource(
        identifier=resource_pb2.Identifier(type="orchestrator.directory", id=instance),
        executor=resource_pb2.Executor(type=resource_pb2.EXECUTOR_TYPE_HOST, id=host),
        attributes_json=json.dumps({"path": f"/var/lib/postgresql/{instance}", "mode": "0700"}),
    )
    return database_pb2.NodeResources(
        node_name=name,
        database_id="db-1",
        database_name="app",
        database_owner="app",
        instance_resources=[
            database_pb2.InstanceResources(
                instance=database_pb2.Instance(
                    spec=database_pb2.InstanceSpec(
                        instance_id=instance,
                        host_id=host,
                        settings_json=json.dumps({"port": 5432, "postgres_version": "17.6"}),
                    ),
                    instance_hostname=f"{host}.example",
                ),
                instance_dependencies=[directory],
            )
        ],
    )


class Store:
    """The state, in memory and, after every change, in a file: the JSON form of a State."""

    def __init__(self, path):
        self._path = path
        self._lock = threading.Lock()
        state = resource_pb2.State()
        if path.exists():
            json_format.Parse(path.read_text(), state)
        self._resources = {plans.name(r.identifier): r for r in state.resources}

    def state(self):
        return resource_pb2.State(resources=self._resources.values())

    def put(self, resource):
        with self._lock:
            self._resources[plans.name(resource.identifier)] = resource
            self._write()

    def delete(self, identifier):
        with self._lock:
            self._resources.pop(plans.name(identifier), None)
            self._write()

    def _write(self):
        """Whoever reads the file sees the old state or the new one, never half of it."""
        temporary = self._path.with_name(self._path.name + ".tmp")
        with temporary.open("w") as file:
            file.write(json_format.MessageToJson(self.state(), indent=None))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)


class StandIn:
    """An executor that prints what it would do."""

    def __init__(self, crash_after, fail_once):
        self._crash_after = crash_after
        self._fail_once = fail_once
        self._executed = 0
        self._lock = threading.Lock()

    def execute(self, event):
        """Carries out one event and returns its resource as it then is. Runs for all events of a phase at once."""
        resource = event.resource
        name = plans.name(resource.identifier)
        kind = plans.word(plan_pb2.EventType.DESCRIPTOR, event.type)
        reason = plans.word(plan_pb2.EventReason.DESCRIPTOR, event.reason)
        # For a primary, an orchestrator looks up now which instance that is.
        place = plans.word(resource_pb2.ExecutorType.DESCRIPTOR, resource.executor.type)
        say(f"{kind} {name} at {place} {resource.executor.id}".rstrip() + f" ({reason})")
        time.sleep(0.01)  # here the work would be done
        with self._lock:
            self._executed += 1
            if self._executed == self._crash_after:
                say("crashing on purpose")
                os._exit(EXIT_CRASHED)
            if name == self._fail_once:
                self._fail_once = None
                raise RuntimeError("failed on purpose")
        return observed(resource)


def observed(resource):
    """Fills in what only execution knows: here the connection info of an instance."""
    if resource.identifier.type != "database.instance":
        return resource
    attributes = json.loads(resource.attributes_json)
    attributes["connection_info"] = {"hostname": resource.executor.id, "port": 5432}
    result = resource_pb2.Resource()
    result.CopyFrom(resource)
    result.attributes_json = json.dumps(attributes)
    return result


def perform(event, executor, store):
    """Executes one event and records its result. Returns whether it succeeded."""
    if event.type == plan_pb2.EVENT_TYPE_FORGET:  # its host is gone for good: there is nothing to execute
        store.delete(event.resource.identifier)
        return True
    result = resource_pb2.Resource()
    try:
        result.CopyFrom(executor.execute(event))
        result.error, result.needs_recreate = "", False
    except Exception as e:
        say(f"failed: {plans.name(event.resource.identifier)}: {e}")
        if event.type in (plan_pb2.EVENT_TYPE_CREATE, plan_pb2.EVENT_TYPE_UPDATE):  # others stay as they were
            # A failed create is made again. A real executor leaves needs_recreate out where an update can mend what is
            # there, and sets it, without the error, where an update finds that the thing is gone.
            result.CopyFrom(event.resource)
            result.error = str(e) or "failed"
            result.needs_recreate = event.type == plan_pb2.EVENT_TYPE_CREATE
            store.put(result)
        return False
    if event.type == plan_pb2.EVENT_TYPE_DELETE:
        store.delete(event.resource.identifier)
    else:
        store.put(result)
    return True


def run(all_plans, executor, store):
    """Executes plans and phases in order, and the events of a phase at once. Stops after a phase with a failure."""
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        for plan in all_plans:
            for phase in plan:
                if not all(list(pool.map(lambda event: perform(event, executor, store), phase))):
                    return


def reconcile(planner, request, executor, store):
    """Asks for plans, runs them, and asks again, until nothing is left to do."""
    for _ in range(ATTEMPTS):
        request.start.CopyFrom(store.state())
        try:
            all_plans, summary = plans.read(planner.UpdateDatabase(request))
        except (grpc.RpcError, plans.IncompleteError) as e:
            if isinstance(e, grpc.RpcError) and e.code() != grpc.StatusCode.UNAVAILABLE:
                raise
            say(f"asking again: {e}")
            time.sleep(0.1)
            continue
        if not all_plans:
            say("nothing left to do")
            return
        say(
            f"{summary.plans} plans: {summary.creates} creates, {summary.updates} updates, "
            f"{summary.deletes} deletes; {summary.changes} changes, {summary.follow_ons} follow-ons; "
            f"digest {summary.digest[:12]}"
        )
        for hazard in summary.hazards:
            say(f"hazard: {hazard.message}")
        run(all_plans, executor, store)
    raise RuntimeError(f"giving up after {ATTEMPTS} attempts")


def say(text):
    """Prints a whole line at once, whatever other threads print."""
    print(text + "\n", end="", flush=True)


def main():
    flags = parse_flags()
    store = Store(flags.state)
    executor = StandIn(flags.crash_after, flags.fail_once)
    with connect(flags) as channel:
        planner = planner_service_pb2_grpc.PlannerServiceStub(channel)
        try:
            reconcile(planner, wish(flags), executor, store)
        except grpc.RpcError as e:
            sys.exit(f"error: {e.code().name}: {e.details()}")
        except (plans.StreamError, RuntimeError) as e:
            sys.exit(f"error: {e}")


if __name__ == "__main__":
    main()
