import Bytes
import HTTP
import JSON
import Policy
import Transport

/// The admin listener: answers for those who watch over the gateway, and nothing that is proxied.
extension ProxyService {
  /// Serves a connection of the admin listener until it closes or falls quiet.
  func serveAdmin(_ id: SocketID, listener: ListenerTag) async {
    var client = makeClient(id)
    while true {
      switch await client.receiveHead(in: loop, timeout: serving.snapshot.timings.head) {
      case .request: await answerAdmin(&client)
      case .rejected(let rejection): await refuseAdmin(&client, Rejection(rejection))
      case .timedOut: await refuseAdmin(&client, Rejection(.requestTimeout))
      case .quiet: return park(client, listener: listener)
      case .closed: client.ending = .closed
      }
      switch client.ending {
      case .kept: continue
      case .closed: break
      case .lingering: await client.linger(in: loop)
      case .reset: client.socket.resetOnClose()
      }
      break
    }
    close(client, listener: listener)
  }

  private func answerAdmin(_ client: inout Downstream) async {
    let path = client.head.target.path
    let isRead = client.head.method == .get || client.head.method == .head
    if isRead && path.equals("/healthz") {
      await answerAdmin(&client, 200, JSONObject([("status", .string("ok"))]))
    } else if isRead && path.equals("/readyz") {
      let readiness = readiness
      await answerAdmin(&client, readiness == .ready ? 200 : 503, readiness.json)
    } else {
      await refuseAdmin(&client, Rejection(.notFound))
    }
  }

  /// Whether requests that come now would be served.
  private var readiness: Readiness {
    if isDraining { return .draining }
    let down = serving.groups.filter { !$0.settings.health.hasUsableServer(at: loop.now) }
    return down.isEmpty ? .ready : .unavailable(upstreams: down.map(\.settings.name))
  }

  private func answerAdmin(_ client: inout Downstream, _ status: Int, _ object: JSONObject) async {
    var record = ExchangeRecord(began: client.requestBegan, requestID: makeRequestID())
    var object = object
    if status >= 400 { object.append("request_id", .string(record.requestID.text)) }
    var body = ByteBuffer(from: buffers)
    body.appendJSON(object)
    body.append("\n")
    await respond(&client, OwnAnswer(status: status, fields: Self.adminFields, body: body.readable.array), &record)
  }

  private func refuseAdmin(_ client: inout Downstream, _ rejection: Rejection) async {
    var record = ExchangeRecord(began: client.requestBegan, requestID: makeRequestID())
    await respond(&client, rejection, &record)
  }

  private static let adminFields: FieldBlock = {
    var fields = FieldBlock()
    _ = fields.append(name: "Content-Type", value: "application/json")
    _ = fields.append(name: "Cache-Control", value: "no-store")
    return fields
  }()
}

/// Whether the gateway can do its work, as `/readyz` says it.
enum Readiness: Equatable {
  case ready
  case draining
  /// Upstreams none of whose servers is believed to work.
  case unavailable(upstreams: [String])

  var json: JSONObject {
    switch self {
    case .ready: JSONObject([("status", .string("ready"))])
    case .draining:
      JSONObject([
        ("status", .string("draining")), ("message", .string("The gateway is stopping.")), ("reason", .string("draining")),
      ])
    case .unavailable(let names):
      JSONObject([
        ("status", .string("unavailable")),
        ("message", .string("No server of \(names.joined(separator: ", ")) can be used.")),
        ("reason", .string("upstream_unavailable")),
        ("upstreams", .array(names.map(JSONValue.string))),
      ])
    }
  }
}
