import Bytes
import HTTP
import Tokens

/// The part about fields that are dropped before anything else looks at them.
extension Explainer {
  func tellDropped(_ head: borrowing RequestHead, _ peer: Peer, _ telling: inout Telling) {
    for index in 0..<head.fields.count {
      guard let why = whyDropped(line: index, of: head, peer) else { continue }
      telling.tell("dropped", "\(VisibleText.plain(head.fields.name(at: index).text)): \(why)", .skipped)
    }
    tellDroppedCookies(head, &telling)
    tellDroppedParameters(head, &telling)
  }

  /// The reason for which a line is dropped; nil if it counts.
  private func whyDropped(line index: Int, of head: borrowing RequestHead, _ peer: Peer) -> String? {
    // A stranger's request id is replaced, so its text counts for nothing.
    guard let cause = FieldDisposition.Cause.onAnyRoute(head.fields.known(at: index), isTrusted: peer.isTrusted) else {
      return nil
    }
    return cause == .lookalike ? lookalikeSentence(head.fields.name(at: index)) : cause.sentence
  }

  /// A sentence that names the field for which an upstream might take another spelling.
  func lookalikeSentence(_ name: Span<UInt8>) -> String {
    guard let original = policy.guardedNames.original(of: name) else {
      return FieldDisposition.Cause.lookalike.sentence
    }
    return "an upstream might take it for \(original), which the configuration mentions"
  }

  private func tellDroppedCookies(_ head: borrowing RequestHead, _ telling: inout Telling) {
    let guarded = policy.tokenPlaces.guardedCookies
    var line = head.fields.first(.cookie)
    while let index = line {
      let value = head.fields.value(at: index)
      var position = 0
      while let cookie = value.nextCookie(&position) {
        let name = value.extracting(cookie.name).trimmed
        guard guarded.isLookalike(cookie: name), let original = guarded.original(of: name) else { continue }
        telling.tell(
          "dropped", "cookie \(VisibleText.quoted(name.text)): PHP might take it for \(original.span.text)", .skipped)
      }
      line = head.fields.next(.cookie, from: index + 1)
    }
  }

  private func tellDroppedParameters(_ head: borrowing RequestHead, _ telling: inout Telling) {
    guard let query = head.target.query else { return }
    let guarded = policy.tokenPlaces.guardedQueries
    var position = 0
    while let parameter = query.nextParameter(&position) {
      let name = query.extracting(parameter.name)
      guard guarded.isLookalike(parameter: name), let original = guarded.original(of: name) else { continue }
      telling.tell(
        "dropped", "query \(VisibleText.quoted(name.text)): PHP might take it for \(original.span.text)", .skipped)
    }
  }
}
