import Dispatch
package import Foundation
import Synchronization

/// The permission bits of a file.
package func mode(of path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}

package func read(_ path: String) -> [UInt8] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 24)
  return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
}

package func write(_ bytes: [UInt8], to path: String) throws {
  try Data(bytes).write(to: URL(filePath: path))
}

/// Calls `body` on that many threads at once and gives what they return.
package func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
  let results = Mutex<[Result]>([])
  let calls = (0..<count).map { number in
    Started {
      let result = body(number)
      results.withLock { $0.append(result) }
    }
  }
  for call in calls { call.join() }
  return results.withLock { $0 }
}

/// A thread of its own, so that what blocks it holds up nobody else.
package struct Started {
  private let done = DispatchSemaphore(value: 0)

  package init(_ body: @escaping @Sendable () -> Void) {
    Thread { [done] in
      body()
      done.signal()
    }.start()
  }

  package func join() { done.wait() }
}
