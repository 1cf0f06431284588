import Transport

/// Chooses the endpoint of an upstream that the next request goes to: smooth weighted round robin over those that work.
///
/// Each endpoint gets its weight's share, spread evenly over the round. One whose ejection is over is tried with a single request. If
/// all are ejected, the one that comes back first is asked all the same: an answer is worth a try. An endpoint whose health checks fail
/// is not asked. Confined to its worker.
struct LoadBalancer {
  /// By endpoint: how far it is behind with its turns.
  private var credits: [Int]

  init(endpointCount: Int) { credits = Array(repeating: 0, count: endpointCount) }

  /// The endpoint whose turn it is, where all of them work; nil if there is none.
  mutating func next(of table: EndpointTable) -> Int? {
    credits.count == 1 ? 0 : nextInTurn(of: table) { _ in true }
  }

  /// The endpoint whose turn it is; nil if none can be asked.
  ///
  /// - Parameter isCandidate: false for an endpoint that is out of the question for this request.
  mutating func next(of table: EndpointTable, at now: MonotonicTime, among isCandidate: (Int) -> Bool) -> Int? {
    let health = table.health
    var soonest: (endpoint: Int, moment: MonotonicTime)?
    for endpoint in credits.indices where isCandidate(endpoint) {
      guard case .ejected(let until) = health.standing(of: endpoint) else { continue }
      if until <= now, health.beginTrial(of: endpoint, at: now) { return endpoint }
      if soonest.map({ until < $0.moment }) ?? true { soonest = (endpoint, until) }
    }
    let inTurn = nextInTurn(of: table) { endpoint in
      guard isCandidate(endpoint) else { return false }
      switch health.standing(of: endpoint) {
      case .well, .suspect: return true
      case .ejected, .unhealthy: return false
      }
    }
    return inTurn ?? soonest?.endpoint
  }

  private mutating func nextInTurn(of table: EndpointTable, among isCandidate: (Int) -> Bool) -> Int? {
    var total = 0
    var best: Int?
    for index in credits.indices where isCandidate(index) {
      credits[index] += table.weights[index]
      total += table.weights[index]
      if best.map({ credits[index] > credits[$0] }) ?? true { best = index }
    }
    if let best { credits[best] -= total }
    return best
  }
}
