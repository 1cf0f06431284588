import Bytes
import Foundation
import JSON

/// JSON in both dialects: read or refused at a place inside, written so that it reads the same, and never taken where another
/// reader does not take it.
enum JSONTarget {
  static func read(_ bytes: [UInt8]) {
    let strict = parse(bytes)
    let document = try? JSONReader.parseDocument(bytes.span)
    if let strict {
      let comment = shown(bytes)
      var buffer = ByteBuffer()
      buffer.appendJSON(strict)
      let again = parse(buffer.readable.array)
      require(again == strict, "what is written reads the same", comment + "\n" + buffer.text)
      require(document?.root.value == strict && document?.duplicates.isEmpty == true, "the dialects agree", comment)
      let others = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      require(others != nil, "another reader takes it too", comment)
    }
    if let document { checkPlaces(document.root, lines: bytes.count { $0 == 10 } + 1) }
    checkString(bytes)
  }

  private static func parse(_ bytes: [UInt8]) -> JSONValue? {
    do throws(JSONError) {
      return try JSONReader.parse(bytes.span)
    } catch {
      require((0...bytes.count).contains(error.offset), "an error has a place inside", "\(error)")
      require(error.location.line >= 1 && error.location.column >= 1 && !error.message.isEmpty, "an error says where")
      return nil
    }
  }

  private static func checkPlaces(_ value: LocatedJSON, lines: Int) {
    require((1...lines).contains(value.location.line), "a value has its place")
    switch value.content {
    case .null, .bool, .number, .string: break
    case .list(let elements): elements.forEach { checkPlaces($0, lines: lines) }
    case .object(let members): members.forEach { checkPlaces($0.value, lines: lines) }
    }
  }

  /// Checks that any bytes can be written as a string, on one line and without controls.
  private static func checkString(_ bytes: [UInt8]) {
    var buffer = ByteBuffer()
    buffer.appendJSON(string: bytes.span)
    let output = buffer.readable.array
    require(!output.contains { $0 < 0x20 || $0 == 0x7F }, "no control reaches a log", shown(output))
    guard output.count < 60_000 else { return }
    let text = parse(output)?.string
    require(text == String(decoding: bytes, as: UTF8.self), "any bytes make a string", shown(output))
  }
}
