/// The fate of one field of a message on its way through the gateway.
///
/// The rules say it (``RequestFieldRule``, ``ResponseFieldRule``, ``TrailerRule``), the writers do it, and explanations tell it.
package enum FieldDisposition: Sendable, Hashable {
  /// It passes as it is.
  case kept
  /// It passes without the credentials in it, if anything is left then.
  case filtered
  /// The gateway writes anew what it says, as far as it still holds.
  case rewritten
  case removed(Cause)

  /// The reason why a field ends here.
  package enum Cause: Sendable, Hashable, CaseIterable {
    /// Upstreams are told in it who asks, so no client may send it, in any spelling.
    case identity
    /// It may hold a token, which is not forwarded.
    case credential
    /// The route's edits take it out or set it.
    case edit
    /// It concerns one connection.
    case hopByHop
    /// `Connection` names it, so it concerns one connection too.
    case nominated
    /// Only a trusted proxy may say where a request comes from.
    case untrusted
    /// It says where a request comes from, and is not what is believed of trusted proxies.
    case unbelieved
    /// It names a method other than the one that was judged.
    case methodOverride
    /// It tells upstreams of the client's certificate, which no client may.
    case certificate
    /// An upstream might take its name for that of a field which frames the message, which only trusted proxies may send, or which the
    /// configuration mentions.
    case lookalike
    /// `Proxy`, which programs take for the proxy that they are to use.
    case proxy
    /// It is repeated or out of form, so it starts nothing that could be continued.
    case outOfForm
    /// There is no body whose coming could be waited for.
    case withoutBody
    /// The gateway answers browsers itself about other origins.
    case grant
    /// It frames, routes, authenticates or describes a message, which no trailer may.
    case trailer

    /// The cause for which a field counts for nothing and passes to nobody, on whatever route; nil if it counts.
    package static func onAnyRoute(_ field: KnownField, isTrusted: Bool) -> Cause? {
      if field == .lookalike { return .lookalike }
      if field == .methodOverride { return .methodOverride }
      if field == .clientCertificate { return .certificate }
      if KnownFieldSet.removedFromAll.contains(field) { return .unbelieved }
      return !isTrusted && KnownFieldSet.trustedOnly.contains(field) ? .untrusted : nil
    }
  }
}
