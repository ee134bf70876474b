/* Makes one file operation of a program fail: a library for LD_PRELOAD on Linux.
 *
 * It counts the operations on files below $LENET_FAULT_FOLDER that change something: create, write, truncate, flush,
 * rename, make a folder, remove. Operation number $LENET_FAULT_AT (from 1) fails with $LENET_FAULT: EIO, ENOSPC, or
 * KILL, which ends the process by SIGKILL before the operation; SHORT writes half of the bytes and then ends the
 * process. Every operation is a line of $LENET_FAULT_LOG, which lies outside that folder.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long count;

/* Whether this operation is the one that fails; `path` may be relative. Sets errno. */
static int fails(const char *operation, const char *path) {
    const char *folder = getenv("LENET_FAULT_FOLDER"), *at = getenv("LENET_FAULT_AT");
    const char *kind = getenv("LENET_FAULT"), *log = getenv("LENET_FAULT_LOG");
    char absolute[4096], line[4400];
    if (!folder || !path) return 0;
    if (path[0] != '/') {
        char here[2048];
        if (!getcwd(here, sizeof here)) return 0;
        snprintf(absolute, sizeof absolute, "%s/%s", here, path);
        path = absolute;
    }
    if (strncmp(path, folder, strlen(folder)) != 0) return 0;
    long number = atomic_fetch_add(&count, 1) + 1;
    if (log) {
        int file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        int length = snprintf(line, sizeof line, "%ld %s %s\n", number, operation, path + strlen(folder));
        if (file >= 0) {
            syscall(SYS_write, file, line, length);
            syscall(SYS_close, file);
        }
    }
    if (!at || !kind || number != atol(at)) return 0;
    if (strcmp(kind, "KILL") == 0) kill(getpid(), SIGKILL);
    errno = strcmp(kind, "ENOSPC") == 0 ? ENOSPC : EIO;
    return 1;
}

/* As fails(), for an open file. */
static int fails_at(const char *operation, int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(operation, path);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                                       \
    int name(const char *path, int flags, ...) {                                         \
        REAL(name);                                                                      \
        va_list list;                                                                    \
        va_start(list, flags);                                                           \
        mode_t mode = va_arg(list, mode_t);                                              \
        va_end(list);                                                                    \
        if ((flags & O_CREAT) && fails("create", path)) return -1;                       \
        return real(path, flags, mode);                                                  \
    }
OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t length) {
    REAL(write);
    const char *kind = getenv("LENET_FAULT");
    int half = kind && strcmp(kind, "SHORT") == 0;
    if (fails_at("write", file)) {
        if (!half) return -1;
        real(file, bytes, length / 2);
        kill(getpid(), SIGKILL);
    }
    return real(file, bytes, length);
}

#define ON_FILE(name, parameters, arguments)                                             \
    int name parameters {                                                                \
        REAL(name);                                                                      \
        return fails_at(#name, file) ? -1 : real arguments;                              \
    }
ON_FILE(fsync, (int file), (file))
ON_FILE(fdatasync, (int file), (file))
ON_FILE(ftruncate, (int file, off_t length), (file, length))
ON_FILE(ftruncate64, (int file, off64_t length), (file, length))

#define ON_PATH(name, parameters, arguments)                                             \
    int name parameters {                                                                \
        REAL(name);                                                                      \
        return fails(#name, path) ? -1 : real arguments;                                 \
    }
ON_PATH(rename, (const char *path, const char *to), (path, to))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(unlink, (const char *path), (path))
