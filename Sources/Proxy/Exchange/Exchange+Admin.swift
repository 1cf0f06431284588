import Bytes
import Configuration
import Endpoints
import HTTP
import JSON
import Observability
import Policy
import Transport

/// Requests on the admin listener, in place of the phase *deciding*: answers for those who watch over the gateway.
extension Exchange {
  mutating func answerAdmin<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    if peer.scheme == .https, rules?.misdirection?.covers(request.host) == true {
      return reply(.rejection(Rejection(.misdirectedRequest)), &client, worker)
    }
    switch question {
    case .health: return answer(200, ["status": .string("ok")], &client, worker)
    case .readiness:
      let readiness = worker.readiness
      var json = readiness.json
      if worker.snapshot.shared.accounts?.isStoreInTrouble == true { json["store"] = .string("unavailable") }
      return answer(readiness == .ready ? 200 : 503, json, &client, worker)
    case nil: return reply(.rejection(Rejection(.notFound)), &client, worker)
    }
  }

  private enum Question {
    case health
    case readiness
  }

  private var question: Question? {
    guard request.method == .get || request.method == .head else { return nil }
    if request.target.path.equals("/healthz") { return .health }
    return request.target.path.equals("/readyz") ? .readiness : nil
  }

  private mutating func answer<Client: ClientStream & ~Copyable>(
    _ status: Int, _ object: JSONObject, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    var object = object
    if status >= 400 { object["request_id"] = .string(record.requestID.text) }
    var body = ByteBuffer(from: worker.buffers)
    body.appendJSON(object)
    body.append("\n")
    return reply(.document(status: status, EndpointFields.answer, body.readable.array), &client, worker)
  }
}
