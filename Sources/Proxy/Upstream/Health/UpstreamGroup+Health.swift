import HTTP
import Observability
import TLS
import Transport

/// The reports of an exchange on the endpoint that it was given.
extension UpstreamGroup {
  /// The server has answered.
  ///
  /// On every request's way: nothing but a look, as long as all is well.
  @inline(__always)
  func answered(_ endpoint: Int, log: ErrorLog) {
    if !table.health.isClear { noteAnswer(endpoint, log) }
  }

  @inline(never)
  private func noteAnswer(_ endpoint: Int, _ log: ErrorLog) {
    guard table.health.standing(of: endpoint) != .well else { return }
    report(table.health.answered(endpoint, at: now), endpoint, why: nil, log)
  }

  /// The exchange has failed.
  ///
  /// Only failures to connect and to answer in time speak against a server, and only if they are its own: not if the gateway has no
  /// descriptor left, nor if what ran out was the time that the route allows. A name whose address can't be connected to is resolved
  /// again.
  ///
  /// - Parameters:
  ///   - fault: what was wrong with the TLS session, if it is that.
  ///   - deadline: the route's.
  func failed(
    _ endpoint: Int, _ failure: ExchangeFailure, fault: TLSError? = nil, before deadline: MonotonicTime, log: ErrorLog
  ) {
    // Nothing more can be learned of an address that is gone.
    guard !isGone(endpoint) else { return }
    let health = table.health
    switch failure {
    case .upstream(.unreachable(let error)) where error.isDescriptorShortage:
      say(failure, nil, endpoint, log)
      health.abandoned(endpoint, at: now)
    case .upstream(let trouble):
      say(failure, fault, endpoint, log)
      guard now < deadline else { return health.abandoned(endpoint, at: now) }
      let change: ServerHealth.Change?
      switch trouble {
      case .unreachable, .connectTimedOut, .untrusted, .handshakeFailed:
        settings.connectionFailed(to: table.endpoints[endpoint], at: now)
        change = health.failed(endpoint, at: now)
      case .responseTimedOut: change = health.failed(endpoint, at: now)
      case .closedEarly, .endedByAlert, .malformedResponse: change = health.brokeOff(endpoint, at: now)
      }
      report(change, endpoint, why: trouble.text(fault), log)
    case .noServer, .staleConnection, .clientGone, .clientSlow, .malformedBody, .bodyTooLarge:
      health.abandoned(endpoint, at: now)
    }
  }

  /// A response of the endpoint broke off.
  func brokeOff(_ endpoint: Int, after byteCount: UInt64, log: ErrorLog) {
    log.noteFailure(
      "the response broke off", text: "the response broke off after \(byteCount) bytes", of: table.endpoints[endpoint],
      in: settings, at: now)
  }

  private func say(_ failure: ExchangeFailure, _ fault: TLSError?, _ endpoint: Int, _ log: ErrorLog) {
    guard case .upstream(let trouble) = failure else { return }
    switch trouble {
    case .unreachable, .connectTimedOut, .untrusted, .handshakeFailed, .endedByAlert, .malformedResponse:
      log.noteFailure(trouble.text(fault), of: table.endpoints[endpoint], in: settings, at: now)
    case .closedEarly, .responseTimedOut: break
    }
  }

  private func report(_ change: ServerHealth.Change?, _ endpoint: Int, why: String?, _ log: ErrorLog) {
    if let change { log.note(change, of: table.endpoints[endpoint], in: settings, why: why) }
  }
}
