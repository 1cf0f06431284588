/// The changes that a route makes to every request that it forwards.
///
/// Compiled once.
package final class ForwardingRules: Sendable {
  package enum Host: Sendable, Equatable {
    /// The one that the client sent.
    case kept
    /// The upstream's own name.
    case upstream
  }

  package let rewrite: TargetRewrite?
  package let host: Host
  package let edits: FieldEdits
  /// Names that no client may send, on any route.
  package let identityNames: IdentityFieldNames
  /// The places that may hold a credential, which is taken out.
  package let credentials: CredentialPlaces
  /// True if upstreams are told what is taken off the path (`X-Forwarded-Prefix`).
  let writesPrefix: Bool
  /// True if no connection to the upstream is used for a second request.
  package let closesConnections: Bool
  /// The names that the rules mention, on which it depends how a field is treated: known fields, and the lengths of all.
  private let namedFields: KnownFieldSet
  private let namedLengths: LengthMask

  package init(
    rewrite: TargetRewrite? = nil, host: Host = .kept, edits: FieldEdits = FieldEdits(),
    identityNames: IdentityFieldNames = IdentityFieldNames(), credentials: CredentialPlaces = CredentialPlaces(),
    closesConnections: Bool = false
  ) {
    self.rewrite = rewrite
    self.host = host
    self.edits = edits
    self.identityNames = identityNames
    self.credentials = credentials
    let isEdited = edits.removed.known.contains(.xForwardedPrefix)
    writesPrefix = rewrite.map { !$0.stripped.isEmpty } == true && !isEdited
    self.closesConnections = closesConnections
    namedFields = identityNames.known.union(edits.removed.known).union(credentials.fields.known)
    namedLengths = identityNames.lengths.union(edits.removed.lengths).union(credentials.fields.lengths)
  }

  /// False if the rules surely don't mention the line's name.
  @inline(__always)
  func mayName(_ line: FieldLine) -> Bool {
    line.known.isOneName ? namedFields.contains(line.known) : namedLengths.contains(Int(line.nameCount))
  }
}

/// The particulars of one request in how it is written to its upstream.
package struct RequestHeadPlan: Sendable {
  /// The id for a request that brings none that is believed.
  package var requestID: RequestID
  /// True if a well-formed WebSocket handshake is passed on.
  ///
  /// Otherwise `Upgrade` is taken out like any other.
  package var forwardsWebSocket: Bool

  package init(requestID: RequestID, forwardsWebSocket: Bool = false) {
    self.requestID = requestID
    self.forwardsWebSocket = forwardsWebSocket
  }
}

/// The name of an upstream, as `Host` says it.
package struct UpstreamAuthority: Sendable, Equatable {
  /// As it stands in `Host`.
  package let bytes: [UInt8]

  /// Nil unless the text is `host` or `host:port`.
  package init?(_ text: String) {
    bytes = Array(text.utf8)
    guard Authority(bytes.span) != nil else { return nil }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// For upstreams that have no name, as those on a socket in the file system.
  package static let localhost = UpstreamAuthority(bytes: Array("localhost".utf8))
}
