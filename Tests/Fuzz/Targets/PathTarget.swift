import Bytes
import HTTP

/// Paths: what the gateway has judged is what every kind of server makes of it.
enum PathTarget {
  static func read(_ bytes: [UInt8]) {
    var path: [UInt8] = []
    let traits: CanonicalPath.Traits
    do throws(PathFault) {
      traits = try CanonicalPath.append(bytes.span, to: &path)
    } catch {
      return require(!CanonicalPath.isCanonical(bytes.span), "a path that is refused is not canonical")
    }
    let comment = "\(shown(bytes)) became \(shown(path))"
    require(path.first == UInt8(ascii: "/"), "a path begins with a slash", comment)
    var twice: [UInt8] = []
    let again = try? CanonicalPath.append(path.span, to: &twice)
    require(twice == path && again == traits, "a canonical path stays as it is", comment)
    require(CanonicalPath.isCanonical(path.span), "a canonical path is known as such", comment)
    require(CanonicalPath.isCanonical(bytes.span) == (bytes == path), "only a canonical path is known as such", comment)
    require(path.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }, "a path is visible", comment)
    checkSegments(path, "as it is", comment)
    require(!path.contains(Array("//".utf8)), "runs of slashes are merged", comment)

    // Servers that decode, split at encoded slashes, end the path at what they have decoded, or drop parameters before or after.
    let decoded = decoded(path)
    require(traits.hasEncodedSlash == (slashes(decoded) != slashes(path)), "encoded slashes are known", comment)
    require(!decoded.contains { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }, "no control is hidden", comment)
    checkSegments(decoded, "decoded", comment)
    checkSegments(withoutParameters(path), "without parameters", comment)
    checkSegments(withoutParameters(decoded), "decoded, without parameters", comment)
    for end in ["?", "#"] {
      checkSegments(decoded.prefix { $0 != Array(end.utf8)[0] }.map { $0 }, "decoded up to \(end)", comment)
    }
    require(self.decoded(decoded) == decoded, "no escape is hidden in another", comment)

    let plain = CanonicalPath.withoutParameters(path.span)
    require(traits.hasParameters || plain == path, "parameters are known", comment)
    checkSegments(plain, "as the gateway reads it without parameters", comment)
  }

  private static func checkSegments(_ path: [UInt8], _ reading: String, _ comment: String) {
    for segment in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      require(
        !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8), "no dots are left, \(reading)", comment)
    }
  }

  private static func slashes(_ path: [UInt8]) -> Int { path.count { $0 == UInt8(ascii: "/") } }

  private static func decoded(_ path: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var rest = path[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2, let high = ASCII.hexadecimalValue(rest[rest.startIndex]),
        let low = ASCII.hexadecimalValue(rest[rest.startIndex + 1])
      {
        output.append(high << 4 | low)
        rest = rest.dropFirst(2)
      } else {
        output.append(byte)
      }
    }
    return output
  }

  private static func withoutParameters(_ path: [UInt8]) -> [UInt8] {
    let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return Array(segments.map { $0.prefix { $0 != UInt8(ascii: ";") } }.joined(separator: [UInt8(ascii: "/")]))
  }
}
