import HTTP
import Policy

/// An answer that the gateway gives itself.
enum Reply {
  case rejection(Rejection)
  /// The configuration spells it out, or it is that to a preflight.
  case fixed(LocalReply)
  /// JSON, with the fields that go with it.
  case document(status: Int, FieldBlock, [UInt8])

  /// True if the connection is closed afterwards, because it is unknown where the next request would begin.
  var closes: Bool {
    switch self {
    case .rejection(let rejection): rejection.closes
    case .fixed, .document: false
    }
  }
}
