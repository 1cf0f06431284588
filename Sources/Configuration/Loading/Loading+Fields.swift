import Bytes
import HTTP
import JSON

extension Loading {
  /// The use that a configuration makes of a field name, on which it depends which names will not do.
  enum FieldUse {
    /// As a condition of a route.
    case condition
    /// As a place of a token.
    case token
    /// For what upstreams are told of the caller.
    case identity
    /// To be put into a request on its way upstream.
    case requestEdit
    /// To be taken out of a request on its way upstream.
    case requestRemoval
    /// To be allowed to the pages of other origins.
    case permission
    /// To be shown to the pages of other origins.
    case responseExposure
    /// To be changed in a response, or put into an own one.
    case responseEdit
    /// To be sent with a health check.
    case check
  }

  /// A field name that may be used so; `location` is where it stands.
  func fieldName(_ name: String, for use: FieldUse, at location: SourceLocation) -> String? {
    guard name.utf8Span.span.isToken else {
      error(at: location, "'\(name)' is no header name")
      return nil
    }
    if let reason = reason(against: name, for: use) ?? identityReason(against: name, for: use) {
      error(at: location, "'\(name)' can't stand here: \(reason)")
      return nil
    }
    return hasOneSpelling(name, for: use, at: location) ? name : nil
  }

  /// Notes a name of a request field that the gateway looks for or says something under; false if another spelling of it is one already.
  ///
  /// An upstream that folds names could not tell the two apart, and each would be guarded against the other.
  private func hasOneSpelling(_ name: String, for use: FieldUse, at location: SourceLocation) -> Bool {
    switch use {
    case .responseEdit, .responseExposure, .requestRemoval, .check: return true
    case .condition, .token, .identity, .requestEdit, .permission: break
    }
    let folded = FoldedFieldName(name)
    guard let known = spellings[folded] else {
      spellings[folded] = Located(name, at: location)
      return true
    }
    // Identity headers are compared with each other and with the rest where they are read.
    if use == .identity || name.asciiLowercased == known.value.asciiLowercased { return true }
    error(
      at: location,
      "'\(name)' can't be told from '\(known.value)' at \(Self.place(known.location)): an upstream may fold one onto the other"
    )
    return false
  }

  /// Names and values from an object; no name twice, whatever its case.
  func fieldLines(_ value: LocatedJSON?, for use: FieldUse) -> [Field] {
    var lines: [Field] = []
    for member in table(value) {
      let name = fieldName(member.name, for: use, at: member.nameLocation)
      let text = fieldValue(member.value)
      guard let name, let text else { continue }
      if let twin = lines.first(where: { SameFieldName.matches($0.name, name) }) {
        error(at: member.nameLocation, "'\(name)' is the same header as '\(twin.name)'")
      } else {
        lines.append(Field(name: name, value: text))
      }
    }
    return lines
  }

  /// A field's value as it may be sent: visible ASCII, with spaces and tabs between.
  func fieldValue(_ value: LocatedJSON) -> String? {
    guard let text = string(value) else { return nil }
    let bytes = Array(text.value.utf8)
    guard bytes.allSatisfy({ $0 < 0x7F && ASCII.isFieldValue($0) }), bytes.span.trimmed.count == bytes.count else {
      error(
        at: text.location, "a header's value holds visible ASCII characters, and spaces and tabs only between them")
      return nil
    }
    return text.value
  }

  /// `request_headers` or `response_headers`.
  func fieldEdits(_ value: LocatedJSON?, for use: FieldUse) -> FieldEdits {
    var edits = FieldEdits()
    guard let value, let reader = object(value, .fieldEdits) else { return edits }
    // Names and values have been checked one by one.
    for line in fieldLines(reader["set"], for: use) where !edits.set(line.name, line.value) {
      error(at: value.location, "'\(line.name)' is no field")
    }
    for line in fieldLines(reader["add"], for: use) where !edits.add(line.name, line.value) {
      error(at: value.location, "'\(line.name)' is no field")
    }
    let removal = use == .requestEdit ? FieldUse.requestRemoval : use
    for entry in list(reader["remove"]) ?? [] {
      guard let text = string(entry), let name = fieldName(text.value, for: removal, at: text.location) else {
        continue
      }
      if edits.setFields.contains(where: { SameFieldName.matches($0.name, name) }) {
        error(at: text.location, "'\(name)' is both set and removed; 'set' alone replaces what was there")
      } else if edits.removedNames.contains(where: { SameFieldName.matches($0, name) }) {
        error(at: text.location, "'\(name)' is listed twice")
      } else {
        edits.remove(name)
      }
    }
    return edits
  }

  /// The reason why the name can't be used so, nil if it can.
  ///
  /// Names are judged by what an upstream might fold them onto.
  private func reason(against name: String, for use: FieldUse) -> String? {
    let known = KnownField(name: FoldedFieldName(name).bytes.span)
    if use != .permission, use != .responseExposure, Self.isOfTheHop(known) {
      return "the gateway writes it for every connection anew"
    }
    switch use {
    case .condition:
      if known == .host { return "use 'host'" }
      return removalReason(known, name) ?? spellingReason(known, name)
    case .token:
      if known == .host || known == .cookie { return "a token does not stand there" }
      return removalReason(known, name) ?? spellingReason(known, name)
    case .identity:
      if Self.isOfTheWay(known) { return "the gateway uses it for where a request comes from" }
      return Self.belongsToClient(known) ? "it means something else already" : nil
    case .requestEdit, .requestRemoval:
      if known == .host { return "use 'host_header'" }
      if Self.isOfTheWay(known) { return "the gateway sets it itself" }
      return use == .requestEdit ? spellingReason(known, name) : nil
    case .responseEdit:
      return known == .via || known == .host ? "the gateway sets it itself" : nil
    case .check:
      return known == .host ? "use 'host'" : nil
    case .permission, .responseExposure: return nil
    }
  }

  /// A field that the gateway removes from requests can decide nothing.
  private func removalReason(_ known: KnownField, _ name: String) -> String? {
    if KnownFieldSet.removedFromAll.contains(known) { return "the gateway removes it from every request" }
    guard KnownFieldSet.trustedOnly.contains(known), !hasTrustedProxies else { return nil }
    return
      "any client could send it, and the gateway removes it; set 'trusted_proxies', and it counts from these alone"
  }

  /// Another spelling of a field that the gateway knows.
  private func spellingReason(_ known: KnownField, _ name: String) -> String? {
    guard known != .other, KnownField(name: name.utf8Span.span) != known else { return nil }
    let folded = FoldedFieldName(name).bytes.span.text
    return "an upstream might take it for '\(folded)'; write that"
  }

  /// The reason against a name that upstreams take for the caller's identity: a client's is never believed, and only the gateway sets it.
  private func identityReason(against name: String, for use: FieldUse) -> String? {
    let header: (name: String, key: String)
    if let known = identityHeaders.first(where: { FoldedFieldName.matches($0.name, name) }) {
      header = (known.name, "identity_headers")
    } else if let assertionHeader, FoldedFieldName.matches(assertionHeader, name) {
      header = (assertionHeader, "identity_assertion")
    } else {
      return nil
    }
    switch use {
    case .condition: return "what a client sends as '\(header.name)' is never believed; use 'require'"
    case .requestEdit, .requestRemoval:
      return "upstreams take '\(header.name)' for the caller's identity ('auth.\(header.key)')"
    case .token, .identity, .responseEdit, .responseExposure, .permission, .check: return nil
    }
  }

  /// Fields that frame a message or mean one connection (RFC 9110 §7.6.1, RFC 9112 §6).
  private static func isOfTheHop(_ known: KnownField) -> Bool {
    let fields = KnownFieldSet.hopByHop.union([
      .contentLength, .expect, .secWebSocketKey, .secWebSocketVersion, .secWebSocketExtensions, .secWebSocketAccept,
    ])
    return fields.contains(known)
  }

  /// Fields that say who asked, by what way.
  private static func isOfTheWay(_ known: KnownField) -> Bool {
    let fields: KnownFieldSet = [
      .via, .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xRequestID, .traceparent,
    ]
    return fields.contains(known)
  }

  /// Fields of which every client's own must reach the upstream, so that none can be the gateway's.
  private static func belongsToClient(_ known: KnownField) -> Bool {
    let fields: KnownFieldSet = [
      .host, .authorization, .cookie, .setCookie, .origin, .secFetchSite, .accessControlRequestMethod,
      .accessControlRequestHeaders, .accessControl, .xForwarded, .xForwardedPort, .xForwardedPrefix, .methodOverride,
      .xRealIP, .xOriginal, .xRewrite, .tracestate,
      .secWebSocketProtocol, .userAgent, .referer, .contentType, .contentEncoding, .date,
    ]
    return fields.contains(known)
  }
}

/// Compares the names of fields that the gateway adds to one message: without case (RFC 9110 §5.1).
enum SameFieldName {
  static func matches(_ left: String, _ right: String) -> Bool {
    left.utf8Span.span.equalsIgnoringCase(right.utf8Span.span)
  }
}
