/* A PKCS#11 module for tests: passes every call on to the real module "real.so" in its own directory and, told
   by small files in that directory, behaves like a key that has tries, is pulled out, answers late or has a pad.

   tries      remaining user PIN tries (default 5); 1 = last try, 0 = locked
   silent     exists: report no PIN flags at all
   removed    exists: the key is not inserted
   dead       exists: handles from before are invalid; goes when the module is initialised anew
   delay_ms   how long a signature takes (milliseconds)
   hang       exists: a signature does not end before it is gone
   login_ms   how long a login takes (milliseconds)
   pad        exists: the PIN is typed on the key; its content is that PIN
   log        one line per call of interest, written here
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long U;
typedef unsigned char B;
typedef struct { B major, minor; void *f[68]; } List;
typedef struct { B label[32], maker[32], model[16], serial[16]; U flags, sess[4], max_pin, min_pin, mem[4];
                 B versions[4], time[16]; } Token;
enum { INITIALIZE = 0, FINALIZE = 1, SLOTS = 4, TOKEN = 6, SETPIN = 11, OPEN = 12, CLOSE = 13, SESSION = 15,
       LOGIN = 18, LOGOUT = 19, SIGNINIT = 42, SIGN = 43 };
enum { OK = 0, DEVICE_REMOVED = 0x32, PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, HANDLE_INVALID = 0xB3,
       NOT_PRESENT = 0xE0 };
enum { PAD = 0x100, LOW = 0x10000, FINAL = 0x20000, LOCKED = 0x40000 };

static List *real, mine;
static char folder[PATH_MAX - 64];
static int stale;
static pthread_mutex_t log_guard = PTHREAD_MUTEX_INITIALIZER;

static void path(char *out, const char *name) { snprintf(out, PATH_MAX, "%s/%s", folder, name); }
static int has(const char *name) { char p[PATH_MAX]; path(p, name); return access(p, F_OK) == 0; }
static long number(const char *name, long otherwise) {
    char p[PATH_MAX]; long v = otherwise; path(p, name);
    FILE *f = fopen(p, "r"); if (!f) return otherwise;
    if (fscanf(f, "%ld", &v) != 1) v = otherwise;
    fclose(f); return v;
}
static int content(const char *name, char *out, int size) {
    char p[PATH_MAX]; path(p, name);
    FILE *f = fopen(p, "r"); if (!f) return -1;
    int n = (int)fread(out, 1, size, f); fclose(f); return n;
}
static void set_number(const char *name, long v) {
    char p[PATH_MAX]; path(p, name);
    FILE *f = fopen(p, "w"); if (f) { fprintf(f, "%ld", v); fclose(f); }
}
static void note(const char *text) {
    char p[PATH_MAX]; path(p, "log"); pthread_mutex_lock(&log_guard);
    FILE *f = fopen(p, "a"); if (f) { fprintf(f, "%s\n", text); fclose(f); }
    pthread_mutex_unlock(&log_guard);
}
static int gone(void) { if (has("removed")) stale = 1; return has("removed"); }
static int invalid(void) { gone(); if (has("dead")) stale = 1; return stale; }

static U initialize(void *a) {
    char conf[PATH_MAX], *before = getenv("SOFTHSM2_CONF"); path(conf, "softhsm2.conf");
    before = before ? strdup(before) : NULL;
    if (access(conf, F_OK) == 0) setenv("SOFTHSM2_CONF", conf, 1);
    U rv = ((U(*)(void *))real->f[INITIALIZE])(a);
    if (before) { setenv("SOFTHSM2_CONF", before, 1); free(before); } else unsetenv("SOFTHSM2_CONF");
    note("initialize");
    if (!has("removed")) { path(conf, "dead"); unlink(conf); stale = 0; }
    return rv;
}
static U slots(B present, U *list, U *n) {
    if (present && gone()) { *n = 0; return OK; }
    return ((U(*)(B, U *, U *))real->f[SLOTS])(present, list, n);
}
static U token(U slot, Token *t) {
    if (gone()) return NOT_PRESENT;
    U rv = ((U(*)(U, Token *))real->f[TOKEN])(slot, t); if (rv) return rv;
    long tries = number("tries", 5);
    t->flags &= ~(U)(LOW | FINAL | LOCKED);
    if (!has("silent")) {
        if (tries <= 0) t->flags |= LOCKED; else if (tries == 1) t->flags |= FINAL | LOW; else if (tries < 5) t->flags |= LOW;
    }
    if (has("pad")) t->flags |= PAD;
    t->min_pin = 6; t->max_pin = 16;
    return OK;
}
static U open_(U slot, U flags, void *a, void *b, U *h) {
    if (gone()) return NOT_PRESENT;
    U rv = ((U(*)(U, U, void *, void *, U *))real->f[OPEN])(slot, flags, a, b, h);
    if (!rv) note("open");
    return rv;
}
static U close_(U h) { if (invalid()) { note("close-invalid"); return gone() ? DEVICE_REMOVED : HANDLE_INVALID; }
    note("close"); return ((U(*)(U))real->f[CLOSE])(h); }
static U session(U h, void *i) { if (gone()) return DEVICE_REMOVED; if (invalid()) return HANDLE_INVALID;
    return ((U(*)(U, void *))real->f[SESSION])(h, i); }
static U logout(U h) { note("logout"); if (gone()) return DEVICE_REMOVED; if (invalid()) return HANDLE_INVALID;
    return ((U(*)(U))real->f[LOGOUT])(h); }
static U counted(U rv) {
    long tries = number("tries", 5);
    if (rv == PIN_INCORRECT) { set_number("tries", --tries); return rv; }
    if (rv == OK) set_number("tries", 5);
    return rv;
}
static U login(U h, U user, B *pin, U n) {
    char pad[64]; long ms = number("login_ms", 0);
    note("login"); if (ms) usleep((useconds_t)ms * 1000);
    if (gone()) return DEVICE_REMOVED;
    if (invalid()) return HANDLE_INVALID;
    if (user != 1) return ((U(*)(U, U, B *, U))real->f[LOGIN])(h, user, pin, n);
    if (number("tries", 5) <= 0) return PIN_LOCKED;
    if (!pin) { int k = content("pad", pad, sizeof pad); note("pad"); pin = (B *)pad; n = k > 0 ? (U)k : 0; }
    return counted(((U(*)(U, U, B *, U))real->f[LOGIN])(h, user, pin, n));
}
static U setpin(U h, B *old, U on, B *new_, U nn) {
    note("setpin"); if (gone()) return DEVICE_REMOVED;
    if (number("tries", 5) <= 0) return PIN_LOCKED;
    return counted(((U(*)(U, B *, U, B *, U))real->f[SETPIN])(h, old, on, new_, nn));
}
static U signinit(U h, void *m, U key) {
    if (gone()) return DEVICE_REMOVED;
    if (invalid()) return HANDLE_INVALID;
    return ((U(*)(U, void *, U))real->f[SIGNINIT])(h, m, key);
}
static U sign(U h, B *d, U dn, B *s, U *sn) {
    long ms = number("delay_ms", 0);
    if (s) note("sign");
    if (s && ms) usleep((useconds_t)ms * 1000);
    while (s && has("hang")) usleep(10000);
    if (gone()) return DEVICE_REMOVED;
    return ((U(*)(U, B *, U, B *, U *))real->f[SIGN])(h, d, dn, s, sn);
}

__attribute__((visibility("default"))) U C_GetFunctionList(List **out) {
    if (!real) {
        Dl_info self; char library[PATH_MAX];
        if (!dladdr((void *)C_GetFunctionList, &self)) return 5;
        if (strlen(self.dli_fname) >= sizeof folder) return 5;
        strcpy(folder, self.dli_fname); *strrchr(folder, '/') = 0;
        path(library, "real.so");
        void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL); if (!handle) return 5;
        U (*get)(List **) = (U(*)(List **))dlsym(handle, "C_GetFunctionList"); if (!get || get(&real)) return 5;
        mine = *real;
        mine.f[INITIALIZE] = initialize; mine.f[SLOTS] = slots; mine.f[TOKEN] = token; mine.f[SETPIN] = setpin;
        mine.f[OPEN] = open_; mine.f[CLOSE] = close_; mine.f[SESSION] = session; mine.f[LOGIN] = login;
        mine.f[LOGOUT] = logout; mine.f[SIGNINIT] = signinit; mine.f[SIGN] = sign;
    }
    *out = &mine;
    return OK;
}
