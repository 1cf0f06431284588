import Bytes
import HTTP

/// The methods that a route lists. `GET` does not bring `HEAD` with it: the list says what it means.
struct MethodSet: Sendable {
  /// As listed, for `Allow` and preflights.
  let names: [String]
  private var known: UInt16 = 0
  private var others: [[UInt8]] = []

  init(_ methods: [Method]) {
    names = methods.map(\.text)
    for method in methods {
      if case .other(let name) = method { others.append(name) }
      known |= Self.bit(method)
    }
  }

  func contains(_ method: Method) -> Bool {
    if case .other(let name) = method { return others.contains(name) }
    return known & Self.bit(method) != 0
  }

  private static func bit(_ method: Method) -> UInt16 {
    switch method {
    case .get: 1
    case .head: 2
    case .post: 4
    case .put: 8
    case .delete: 16
    case .options: 32
    case .patch: 64
    case .trace: 128
    case .connect: 256
    case .other: 0
    }
  }
}
