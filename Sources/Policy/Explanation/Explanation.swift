/// The way of one request through the gateway, step by step, for people.
///
/// The decision is ``Policy/decide(_:peer:now:authenticator:revocations:lacksKeys:)``'s own and the head that of `UpstreamRequestWriter`; the sentences only
/// tell how they came about. What they quote is fit for a terminal and holds no token whole.
package struct Explanation: Sendable {
  /// The checks, in the order in which the gateway makes them.
  package let sections: [Section]
  package let decision: Decision
  /// The issuer, by its place among those that are trusted, of whom the request's token needs a key that isn't there.
  package let missedIssuer: Int?
  package let outcome: Outcome

  /// Steps that belong together.
  package struct Section: Sendable, Hashable {
    package let title: String
    package fileprivate(set) var steps: [Step] = []
  }

  /// One thing that was looked at.
  package struct Step: Sendable, Hashable {
    /// The subject, in a word or two.
    package let name: String
    package let mark: Mark
    /// The finding, with the values that were compared.
    package let sentence: String
  }

  package enum Mark: Sendable, Hashable {
    /// Nothing was judged here.
    case told
    case passed
    case failed(RejectionReason)
    /// Not chosen, or no longer looked at.
    case skipped
  }

  /// The end of a request.
  package enum Outcome: Sendable {
    /// The gateway answers itself: the lines of head and body, without line ends.
    case answered(head: [String], body: [String])
    /// One of the endpoints of the accounts works out the answer.
    case hosted(HostedEndpoint)
    case forwarded(UpstreamRequest)
  }

  /// The request as an upstream gets it.
  package struct UpstreamRequest: Sendable {
    /// As the configuration names it.
    package let upstream: String
    /// As the configuration writes them, each with its weight where that is not 1.
    package let servers: [String]
    /// The lines of the head, for the first of the servers.
    package let head: [String]
    /// The lines of the head that the client did not send, by their source.
    package let additions: [Step]
    /// The lines of the client that are not in the head.
    package let removals: [Step]
  }

  /// The reason of the first step that refuses, or would have refused, the request.
  package var firstFailure: RejectionReason? {
    for section in sections {
      for step in section.steps {
        if case .failed(let reason) = step.mark { return reason }
      }
    }
    return nil
  }
}

/// Puts sections together.
struct Telling {
  private(set) var sections: [Explanation.Section] = []

  mutating func begin(_ title: String) { sections.append(Explanation.Section(title: title)) }

  /// Tells something; tokens in it are shown by their beginnings.
  mutating func tell(_ name: String, _ sentence: String, _ mark: Explanation.Mark = .told) {
    guard let last = sections.indices.last else { return }
    let (name, sentence) = (Redaction.withoutTokens(name), Redaction.withoutTokens(sentence))
    sections[last].steps.append(Explanation.Step(name: name, mark: mark, sentence: sentence))
  }

  /// Tells of something that is refused if the reason for a refusal is this one.
  mutating func judge(_ name: String, _ sentence: String, failing reason: RejectionReason, if isFailing: Bool) {
    tell(name, sentence, isFailing ? .failed(reason) : .passed)
  }
}
