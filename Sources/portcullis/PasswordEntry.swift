import Bytes
import Glibc
import Transport

/// Passwords from a person or a program.
enum PasswordEntry {
  enum Failure: Error, CustomStringConvertible {
    case noTerminal
    case unreadable(SystemError)
    case differs
    case ended

    var description: String {
      switch self {
      case .noTerminal: "standard input is not a terminal to ask for a password on: use --password-stdin"
      case .unreadable(let error): "standard input can't be read: \(error)"
      case .differs: "the two passwords differ; nothing was changed"
      case .ended: "no password was given; nothing was changed"
      }
    }
  }

  /// Everything on standard input but one newline (LF or CR LF) at its end.
  static func readInput() throws -> [UInt8] {
    var bytes: [UInt8]
    do throws(SystemError) {
      bytes = try FileReader.readInput(limit: 64 * 1024)
    } catch {
      throw Failure.unreadable(error)
    }
    if bytes.last == ASCII.lineFeed {
      bytes.removeLast()
      if bytes.last == ASCII.carriageReturn { bytes.removeLast() }
    }
    return bytes
  }

  /// Asks for a line on the terminal, which doesn't show it.
  static func ask(_ prompt: String) throws -> [UInt8] {
    var before = termios()
    guard isatty(STDIN_FILENO) == 1, unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { throw Failure.noTerminal }
    // Without its own signals and line editing the terminal can't be left without echo: what they do is done here.
    var quiet = before
    quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)
    // Only now: characters that were typed before are dropped, because they would have been shown.
    Terminal.prompt(prompt)
    defer {
      unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
      Terminal.prompt("\n")
    }
    return try line()
  }

  private static func line() throws -> [UInt8] {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = unsafe read(STDIN_FILENO, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw Failure.ended }
      switch byte {
      case ASCII.lineFeed, ASCII.carriageReturn: return line
      // Ctrl-C, Ctrl-D, Ctrl-\.
      case 0x03, 0x04, 0x1C: throw Failure.ended
      case 0x08, 0x7F:
        // A character is its last bytes, back to the one that isn't a continuation (RFC 3629 §3).
        while let last = line.popLast(), last & 0xC0 == 0x80 {}
      // Ctrl-U.
      case 0x15: line = []
      default: line.append(byte)
      }
    }
  }
}
