// Preloaded, it sets the wall clock of one process ahead by the seconds that the file $ONETUN_SOAK_CLOCK holds at the time. All
// other clocks and all waits stay as they are, which libfaketime wakes at once: the runtime's timer thread spins there.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int (*real)(clockid_t, struct timespec *);
static const volatile int64_t *ahead;

__attribute__((constructor)) static void prepare(void) {
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const char *name = getenv("ONETUN_SOAK_CLOCK");
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    void *seconds = mmap(NULL, sizeof *ahead, PROT_READ, MAP_SHARED, file, 0);
    ahead = seconds == MAP_FAILED ? NULL : seconds;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!real)
        prepare();
    int result = real(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME && ahead)
        time->tv_sec += *ahead;
    return result;
}
