import HTTP
import Transport

/// What an exchange reports of the server that it was given.
extension UpstreamGroup {
  /// The server has answered.
  ///
  /// On every request's way: nothing but a look, as long as all is well.
  @inline(__always)
  func answered(_ endpoint: Int, log: GatewayLog) {
    if !settings.health.isClear { noteAnswer(endpoint, log) }
  }

  @inline(never)
  private func noteAnswer(_ endpoint: Int, _ log: GatewayLog) {
    guard settings.health.standing(of: endpoint) != .well else { return }
    report(settings.health.answered(endpoint, at: now), endpoint, why: nil, log)
  }

  /// The exchange has failed.
  ///
  /// Only failures to connect and to answer in time speak against a server, and only if they are its own: not if the gateway has no
  /// descriptor left, nor if what ran out was the time that the route allows.
  ///
  /// - Parameter deadline: the route's.
  func failed(_ endpoint: Int, _ failure: ProxyService.ExchangeFailure, before deadline: MonotonicTime, log: GatewayLog)
  {
    let health = settings.health
    switch failure {
    case .upstream(.unreachable(let error)) where error.isDescriptorShortage: health.abandoned(endpoint, at: now)
    case .upstream(let failure):
      guard now < deadline else { return health.abandoned(endpoint, at: now) }
      let change =
        switch failure {
        case .unreachable, .connectTimedOut, .responseTimedOut: health.failed(endpoint, at: now)
        case .closedEarly, .nonsense: health.brokeOff(endpoint, at: now)
        }
      report(change, endpoint, why: failure.text, log)
    case .noServer, .staleConnection, .clientGone, .clientSlow, .malformedBody, .bodyTooLarge:
      health.abandoned(endpoint, at: now)
    }
  }

  private func report(_ change: ServerHealth.Change?, _ endpoint: Int, why: String?, _ log: GatewayLog) {
    if let change { log.note(change, of: endpoint, in: settings, why: why) }
  }
}
