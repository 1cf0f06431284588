import Bytes
import HTTP
import Policy

/// Request heads with tokens in them, put to the whole decision: nobody passes without a token, and none is passed on.
enum CredentialsTarget {
  /// Tokens that may stand in the seeds; anything else would have had to be forged.
  private static let good = [
    Issuing.token(Issuing.header, Issuing.payload),
    Issuing.token(Issuing.header, Array(#"{"iss":"https://login.example.com/","sub":"bob","exp":1700000600}"#.utf8)),
  ]

  /// `$1` and `$2` in the bytes stand for the good tokens, so that these need not be found by chance.
  static func read(_ bytes: [UInt8]) {
    let request = filled(bytes)
    var head = RequestHead()
    let reading = RequestReading(request, limits: Gate.limits, into: &head)
    guard case .complete(let count) = reading.outcome else { return }
    _ = Gate.policy.trustedProxies.clientAddress(of: head, from: Gate.peer)
    _ = Gate.policy.tokenPlaces.webSocketProtocol(offeredIn: head)
    let text = Array(request[..<count])
    checkExplained(text, head)
    switch Gate.decide(head) {
    case .reject(let rejection):
      var body = ByteBuffer()
      rejection.writeBody(requestID: Array("1".utf8).span, to: &body)
      require((400...599).contains(rejection.status), "a refusal is an error")
    case .answer: break
    case .forward(let plan):
      let isPublic =
        reading.path.starts(with: Array("/public".utf8)) || reading.path.starts(with: Array("/optional".utf8))
      require(isPublic || good.contains { text.contains($0) }, "nobody passes without a token", shown(text))
      require(plan.identity == nil || good.contains { text.contains($0) }, "nobody is taken for another", shown(text))
      check(Gate.written(head, plan), of: plan, reading, shown(text))
    }
  }

  private static func check(_ output: [UInt8], of plan: ForwardPlan, _ reading: RequestReading, _ comment: String) {
    var head = RequestHead()
    let again = RequestReading(output, limits: RequestHeadTarget.wide, into: &head)
    let comment = "\(comment)\nbecame\n\(shown(output))"
    require(again.outcome == .complete(byteCount: output.count), "what is forwarded is one head", comment)
    require(again.path == reading.path && again.body == reading.body, "the request is the one judged", comment)
    let passed = again.fields.filter { field in
      let name = field[0]
      return FoldedFieldName(name.span).bytes == Array("x-token".utf8)
    }
    let isOther = passed.allSatisfy { field in
      let (name, value) = (field[0], field[1])
      return name.map(ASCII.lowercased) == Array("x-token".utf8) && AuthorizationValue(value.span) == .otherScheme
    }
    require(isOther, "no spelling of a token's field passes", comment)
    let users = again.fields.filter { $0[0].map(ASCII.lowercased) == Array("x-auth-user".utf8) }
    require(users.count == (plan.identity == nil ? 0 : 1), "identity comes from the gateway alone", comment)
    // Whoever looks for a token where the gateway does finds none.
    let isPublic =
      reading.path.starts(with: Array("/public".utf8)) || reading.path.starts(with: Array("/optional".utf8))
    if !isPublic {
      guard case .reject(let rejection) = Gate.decide(head) else {
        return require(false, "no token is passed on", comment)
      }
      let isQuiet = rejection.reason == .tokenMissing || rejection.reason == .originRefused
      require(isQuiet, "no token is passed on", "\(rejection.reason.word)\n\(comment)")
    }
  }

  /// Checks that the explanation tells what was decided, in visible characters and without the token.
  private static func checkExplained(_ text: [UInt8], _ head: borrowing RequestHead) {
    let explanation = Gate.explained(text)
    switch (Gate.decide(head), explanation.decision) {
    case (.reject(let one), .reject(let other)):
      require(one.reason == other.reason, "the explanation is that of the decision")
    case (.answer, .answer), (.forward, .forward): break
    default: require(false, "the explanation is that of the decision", shown(text))
    }
    for sentence in explanation.sections.flatMap(\.steps).map(\.sentence) {
      let isPrintable = sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      require(isPrintable, "an explanation is fit for a terminal", sentence)
    }
  }

  private static func filled(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count, (0x31...0x32).contains(bytes[index + 1]) {
        output += good[Int(bytes[index + 1] - 0x31)]
        index += 2
      } else {
        output.append(bytes[index])
        index += 1
      }
    }
    return output
  }
}
