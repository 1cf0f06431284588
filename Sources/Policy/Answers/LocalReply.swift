package import HTTP

/// An answer that the gateway gives itself: what a route's `respond` or `redirect` spells out, the answer to a preflight, or the redirect of
/// a listener.
package struct LocalReply: Sendable {
  package let status: Int
  /// All lines of the answer but those of framing and connection.
  package let fields: FieldBlock
  /// Left out in answers to HEAD, whose length is given all the same.
  package let body: [UInt8]
  /// Nil for an answer that a listener gives in place of any route.
  package let route: Route?
  /// The caller, if the token proves one.
  package let identity: Identity?
  /// The reason for which `required` would have refused the request, on a route with `report`.
  package let wouldRefuse: RejectionReason?
}
