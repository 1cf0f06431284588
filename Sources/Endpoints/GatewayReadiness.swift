package import JSON

/// The answer of `/readyz`: the gateway can do its work, or why not.
package enum GatewayReadiness: Equatable {
  case ready
  case draining
  /// Upstreams none of whose servers is believed to work.
  case unavailable(upstreams: [String])

  package var json: JSONObject {
    switch self {
    case .ready: ["status": .string("ready")]
    case .draining:
      [
        "status": .string("draining"), "message": .string("The gateway is stopping."),
        "reason": .string("draining"),
      ]
    case .unavailable(let names):
      [
        "status": .string("unavailable"),
        "message": .string("No server of \(names.joined(separator: ", ")) can be used."),
        "reason": .string("upstream_unavailable"), "upstreams": .array(names.map(JSONValue.string)),
      ]
    }
  }
}
