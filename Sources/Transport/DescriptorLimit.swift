import Glibc

/// The limit on files and connections that the process has open at once.
package enum DescriptorLimit {
  /// Raises the limit as far as it may be raised without asking anybody.
  ///
  /// The soft limit that most systems begin with, 1,024, is for programs that use `select`.
  package static func raise() {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
    else { return }
    limit.rlim_cur = limit.rlim_max
    unsafe _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
