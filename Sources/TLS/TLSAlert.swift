/// The alerts of TLS by their names, for operators.
enum TLSAlert {
  /// The number with the name that the standard gives it (RFC 8446 §6, RFC 5246 §7.2).
  static func text(_ number: Int) -> String { name(number).map { "alert \(number), \($0)" } ?? "alert \(number)" }

  private static func name(_ number: Int) -> StaticString? {
    switch number {
    case 10: "unexpected_message"
    case 20: "bad_record_mac"
    case 40: "handshake_failure"
    case 42: "bad_certificate"
    case 43: "unsupported_certificate"
    case 44: "certificate_revoked"
    case 45: "certificate_expired"
    case 46: "certificate_unknown"
    case 47: "illegal_parameter"
    case 48: "unknown_ca"
    case 49: "access_denied"
    case 50: "decode_error"
    case 51: "decrypt_error"
    case 70: "protocol_version"
    case 71: "insufficient_security"
    case 80: "internal_error"
    case 112: "unrecognized_name"
    case 116: "certificate_required"
    case 120: "no_application_protocol"
    default: nil
    }
  }
}
