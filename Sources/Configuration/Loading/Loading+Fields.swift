import Bytes
import HTTP
import JSON

extension Loading {
  /// What a field name is wanted for, and so which names will not do.
  enum FieldUse {
    /// As a condition of a route.
    case condition
    /// As a place of a token.
    case token
    /// For what upstreams are told of the caller.
    case identity
    /// To be changed in a request on its way upstream.
    case requestEdit
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
    if let reason = Self.reason(against: name, for: use) ?? identityReason(against: name, for: use) {
      error(at: location, "'\(name)' can't stand here: \(reason)")
      return nil
    }
    return name
  }

  /// Names and values from an object; no name twice, whatever its case.
  func fieldLines(_ value: LocatedJSON?, for use: FieldUse) -> [FieldLine] {
    var lines: [FieldLine] = []
    for member in table(value) {
      let name = fieldName(member.name, for: use, at: member.nameLocation)
      let text = fieldValue(member.value)
      guard let name, let text else { continue }
      if let twin = lines.first(where: { FoldedName.matches($0.name, name) }) {
        error(at: member.nameLocation, "'\(name)' is the same header as '\(twin.name)'")
      } else {
        lines.append(FieldLine(name: name, value: text))
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
    edits.set = fieldLines(reader["set"], for: use)
    edits.add = fieldLines(reader["add"], for: use)
    for entry in list(reader["remove"]) ?? [] {
      guard let text = string(entry), let name = fieldName(text.value, for: use, at: text.location) else { continue }
      if edits.set.contains(where: { FoldedName.matches($0.name, name) }) {
        error(at: text.location, "'\(name)' is both set and removed; 'set' alone replaces what was there")
      } else if edits.remove.contains(where: { FoldedName.matches($0, name) }) {
        error(at: text.location, "'\(name)' is listed twice")
      } else {
        edits.remove.append(name)
      }
    }
    return edits
  }

  /// Why the name can't be used so, nil if it can.
  ///
  /// Names are judged by what an upstream might fold them onto.
  private static func reason(against name: String, for use: FieldUse) -> String? {
    let folded = IdentityName.fold(name)
    let known = KnownField(name: folded.span)
    if isOfTheHop(known) { return "the gateway writes it for every connection anew" }
    switch use {
    case .condition:
      return known == .host ? "use 'host'" : nil
    case .token:
      return known == .host || known == .cookie ? "a token does not stand there" : nil
    case .identity:
      if isOfTheWay(known) { return "the gateway uses it for where a request comes from" }
      return belongsToClient(known) ? "it means something else already" : nil
    case .requestEdit:
      if known == .host { return "use 'host_header'" }
      return isOfTheWay(known) ? "the gateway sets it itself" : nil
    case .responseEdit:
      return known == .via || known == .host ? "the gateway sets it itself" : nil
    case .check:
      return known == .host ? "use 'host'" : nil
    }
  }

  /// What a client says of its own identity counts for nothing, and nobody but the gateway may say it upstream.
  private func identityReason(against name: String, for use: FieldUse) -> String? {
    let header: (name: String, key: String)
    if let known = identityHeaders.first(where: { IdentityName.matches($0.name, name) }) {
      header = (known.name, "identity_headers")
    } else if let assertionHeader, IdentityName.matches(assertionHeader, name) {
      header = (assertionHeader, "identity_assertion")
    } else {
      return nil
    }
    switch use {
    case .condition: return "what a client sends as '\(header.name)' is never believed; use 'require'"
    case .requestEdit: return "upstreams take '\(header.name)' for the caller's identity ('auth.\(header.key)')"
    case .token, .identity, .responseEdit, .check: return nil
    }
  }

  /// Fields that frame a message or mean one connection (RFC 9110 §7.6.1, RFC 9112 §6).
  private static func isOfTheHop(_ known: KnownField) -> Bool {
    let fields: KnownFieldSet = [
      .contentLength, .transferEncoding, .expect, .connection, .keepAlive, .te, .trailer, .upgrade, .http2Settings,
      .proxyConnection, .proxyAuthenticate, .proxyAuthorization, .secWebSocketKey, .secWebSocketVersion,
      .secWebSocketExtensions, .secWebSocketAccept,
    ]
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
      .accessControlRequestHeaders, .accessControl, .xForwarded, .xRealIP, .xOriginal, .xRewrite, .tracestate,
      .secWebSocketProtocol, .userAgent, .referer, .contentType, .contentEncoding, .date,
    ]
    return fields.contains(known)
  }
}

/// How names are compared where one must not pass for another.
enum IdentityName {
  /// Lower case, and `-` for whatever is not a letter or digit: what any upstream might fold the name onto.
  static func fold(_ name: String) -> [UInt8] {
    name.utf8.map { ASCII.isAlphanumeric($0) ? ASCII.lowercased($0) : UInt8(ascii: "-") }
  }

  static func matches(_ left: String, _ right: String) -> Bool { fold(left) == fold(right) }
}

/// How names of one message are compared: without case (RFC 9110 §5.1).
enum FoldedName {
  static func matches(_ left: String, _ right: String) -> Bool { left.asciiLowercased == right.asciiLowercased }
}
