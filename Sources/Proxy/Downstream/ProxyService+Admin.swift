import Bytes
import Configuration
import HTTP
import JSON
import Policy
import Transport

/// The admin listener: answers for those who watch over the gateway, and nothing that is proxied.
extension ProxyService {
  /// Serves a connection of the admin listener until it closes or falls quiet.
  func serveAdmin(_ id: SocketID, listener: ListenerTag) async {
    var client = makeClient(loop.claim(id))
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
    switch Self.question(client.head) {
    case .health: await answerAdmin(&client, 200, ["status": .string("ok")])
    case .readiness:
      let readiness = readiness
      await answerAdmin(&client, readiness == .ready ? 200 : 503, readiness.json)
    case nil: await refuseAdmin(&client, Rejection(.notFound))
    }
  }

  private enum Question {
    case health
    case readiness
  }

  private static func question(_ head: borrowing RequestHead) -> Question? {
    guard head.method == .get || head.method == .head else { return nil }
    if head.target.path.equals("/healthz") { return .health }
    return head.target.path.equals("/readyz") ? .readiness : nil
  }

  /// Whether requests that come now would be served.
  private var readiness: Readiness {
    if isLeaving { return .draining }
    guard serving.snapshot.configuration.admin?.ready == .upstreams else { return .ready }
    let down = serving.groups.filter { !$0.table.health.hasUsableServer(at: loop.now) }
    return down.isEmpty ? .ready : .unavailable(upstreams: down.map(\.settings.name))
  }

  private func answerAdmin(_ client: inout Downstream, _ status: Int, _ object: JSONObject) async {
    var record = ExchangeRecord(began: client.requestBegan, requestID: makeRequestID())
    var object = object
    if status >= 400 { object["request_id"] = .string(record.requestID.text) }
    var body = ByteBuffer(from: buffers)
    body.appendJSON(object)
    body.append("\n")
    let keepsAlive = await canKeep(&client)
    let response = OwnResponse(status: status, fields: Self.adminFields, contentLength: body.count)
    await send(response, body.readable, to: &client, keepsAlive: keepsAlive, &record)
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
