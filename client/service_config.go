package client

// ServiceConfig is the gRPC service config that Dial uses by default; it works for clients in any language.
//
//   - A call that ends with UNAVAILABLE before the first message of its answer is tried again, up to five times in
//     all, with pauses that grow from about 0.1 s to 2 s. Planning changes nothing, so that repeating a call is
//     always safe. Once an answer has begun, gRPC repeats nothing. The methods of Client do; whoever reads a stream
//     without them throws away what came of it, and asks again.
//   - Calls go round all addresses that the target resolves to, such as those of a headless Kubernetes service. With
//     the default policy, one connection would send everything to one replica.
//
// RESOURCE_EXHAUSTED is not repeated here, since a request that is too large stays too large: where trying again
// makes sense, the error says when, and Runner.Reconcile does.
const ServiceConfig = `{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [
    {
      "name": [
        {"service": "planner.v1.PlannerService"},
        {"service": "planner.v1.StateService"},
        {"service": "planner.v1.ResourceService"}
      ],
      "retryPolicy": {
        "maxAttempts": 5,
        "initialBackoff": "0.1s",
        "maxBackoff": "2s",
        "backoffMultiplier": 3,
        "retryableStatusCodes": ["UNAVAILABLE"]
      }
    }
  ]
}`
