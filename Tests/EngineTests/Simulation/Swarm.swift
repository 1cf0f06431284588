/// The traits of one world, drawn from its seed.
///
/// If everything could go wrong in every world, each fault would hide the others: few connections would live long enough to be reused.
/// So each world has some traits, and others not.
struct Swarm {
  /// Nothing goes wrong: everything is answered as it should be.
  let isCalm: Bool
  let kinds: [Exchanged.Kind]
  let prefixes: [String]
  let hasClientFaults: Bool
  /// The ways in which upstreams fail; empty if they don't.
  let upstreamFaults: [Exchanged.Ending]
  let hasConnectFaults: Bool
  /// Clients and servers ask for connections to be closed, at times.
  let closes: Bool
  let answersEarly: Bool
  let hasLongPauses: Bool
  let requestMax: Int

  init(seed: UInt64, dice: inout Dice) {
    isCalm = seed % 4 == 0
    let all: [Exchanged.Kind] = [.get, .get, .get, .head, .post, .post, .post, .webSocket, .noToken, .noRoute]
    kinds = dice.pick([all, all, [.get, .post], [.post], [.get, .get, .webSocket]])
    // A route with a timeout may end any exchange early.
    prefixes = dice.pick(isCalm ? [["/one", "/three"]] : [["/one"], ["/one", "/three"], ["/three", "/short"]])
    hasClientFaults = !isCalm && dice.chance(1, in: 2)
    let truncated: [Exchanged.Ending] = [.truncated(byReset: true), .truncated(byReset: false)]
    let unanswered: [Exchanged.Ending] = [.unanswered(byReset: true), .unanswered(byReset: false)]
    upstreamFaults =
      isCalm ? [] : dice.pick([[], unanswered, truncated, truncated + unanswered + [.silent, .malformed]])
    hasConnectFaults = !isCalm && dice.chance(1, in: 3)
    closes = dice.chance(1, in: 2)
    answersEarly = !isCalm && dice.chance(1, in: 3)
    hasLongPauses = !isCalm && dice.chance(1, in: 2)
    requestMax = dice.pick([2, 4, 16])
  }
}
