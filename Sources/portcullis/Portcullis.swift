import Cryptography
import Glibc

/// The command line: reads the arguments and hands over to the command that they name.
@main
struct Portcullis {
  static let version = "0.1.0"

  static func main() {
    LibraryLifetime.outliveThreads()
    do throws(UsageError) {
      // Not `exit`: it takes libcrypto down while workers, which end with the process, may still be using it. Nothing waits to be
      // written: output goes straight to its descriptor, and the logs are finished before.
      _exit(try Command(arguments: Array(CommandLine.arguments.dropFirst())).run())
    } catch {
      Terminal.error("portcullis: \(error.message)\nTry 'portcullis --help'.")
      exit(ExitCode.usage)
    }
  }
}

/// The exit codes of the process.
enum ExitCode {
  static let fine: Int32 = 0
  /// A configuration that can't be used, or a failure while running.
  static let failure: Int32 = 1
  static let usage: Int32 = 2
}

/// Arguments that make no sense, and why.
struct UsageError: Error {
  let message: String

  /// About something that the interface has and this version does not.
  static func notSupported(_ what: String) -> UsageError {
    UsageError(message: "'\(what)' is not supported yet by this version")
  }
}

/// Text for a person, written at once.
enum Terminal {
  static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }
  static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }
  /// Without a newline, where nothing else is written to.
  static func prompt(_ text: String) { write(text, to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
