// SPDX-License-Identifier: BSD-2-Clause
/*
 * CVE-2026-20643: a page may intercept a navigation (navigation.onnavigate, intercept())
 * to another origin of its site, and goes on running with that origin's URL in the address
 * bar. WebKit's documentCanHaveURLRewritten() asks for the same site, which leaves out the
 * port and the subdomain, and it asks the origins alone, which have no account in them.
 * Upstream asks for the same origin since then, and for equal user and password, as the
 * standard does ("can have its URL rewritten").
 *
 * For libwebkit2gtk of WebKitGTK 2.50.6 as Debian ships it, a stripped file. The function
 * was inlined into its caller, so what is replaced is the one call in there: that of
 * SecurityOrigin::isSameSiteAs(). All other callers of it keep what they have. How the place
 * is recognised in each build is in webkit-navigation-origin.find; `suture find' writes
 * found.h by it. No address stands here.
 *
 * What comes behind the call (any http or https URL may be shown; a file's only with another
 * query; else only another fragment) was right and stays.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <found.h>
#include <suture/patch.h>

SUTURE_PATCH("1.0", "demand same origin, not same site, where a page's URL is rewritten");
SUTURE_CVE("CVE-2026-20643");
SUTURE_LEVEL("2.50.6 (a)");
SUTURE_AUTHOR("The Suture authors");
SUTURE_LICENSE("BSD-2-Clause");

/* WebCore::SecurityOrigin and WTF::URL: only their addresses are used. */
struct security_origin;
struct url;

/* WTF::StringView of a release build: two words, so it is returned in registers. It is a
 * window on the URL's own string: nothing is counted, and nothing is to be freed. */
struct string_view {
	const void *characters;
	unsigned int length;
	bool is_8bit;
};

/* Imported from libjavascriptcoregtk. Not user() and password(), which make new strings
 * with the escapes decoded: the standard compares what is encoded. */
extern struct string_view encoded_user(const struct url *url)
	__asm__("_ZNK3WTF3URL11encodedUserEv");
extern struct string_view encoded_password(const struct url *url)
	__asm__("_ZNK3WTF3URL15encodedPasswordEv");

/* SecurityOrigin::isSameOriginAs(): what isSameSiteAs() itself goes on to for an opaque
 * origin, with its own arguments. */
extern bool is_same_origin_as(const struct security_origin *origin,
			      const struct security_origin *other);
SUTURE_SYMBOL_AT(is_same_origin_as, IS_SAME_ORIGIN_AS_ADDRESS, IS_SAME_ORIGIN_AS_BYTES);

/* The function that the old code calls, for the patch's own count. */
extern bool is_same_site_as(const struct security_origin *origin,
			    const struct security_origin *other);
SUTURE_SYMBOL_AT(is_same_site_as, IS_SAME_SITE_AS_ADDRESS, IS_SAME_SITE_AS_BYTES);

/* Navigation::innerDispatchNavigateEvent(), whose call is replaced; never called from here. */
extern void inner_dispatch(void);
SUTURE_SYMBOL_AT(inner_dispatch, INNER_DISPATCH_ADDRESS, INNER_DISPATCH_BYTES);

/* How many navigations the old code would have let a page intercept. Only the main thread
 * of a process has windows, and so navigations. */
static struct {
	unsigned long origin, account;
} refused;

static unsigned int character(struct string_view view, unsigned int i)
{
	return view.is_8bit ? ((const unsigned char *)view.characters)[i]
			    : ((const unsigned short *)view.characters)[i];
}

/* An empty one and none are the same, as in the standard. */
static bool equal(struct string_view a, struct string_view b)
{
	unsigned int i;

	if (a.length != b.length)
		return false;
	for (i = 0; i < a.length; i++)
		if (character(a, i) != character(b, i))
			return false;
	return true;
}

/* In the place of documentOrigin->isSameSiteAs(targetOrigin), with the URLs besides. What it
 * says no to, the old code does not show. It never says yes where the old one said no: the
 * same origin is the same site. */
__attribute__((used, noipa))
static bool can_be_rewritten(const struct security_origin *document_origin,
			     const struct security_origin *target_origin,
			     const struct url *document_url, const struct url *target_url)
{
	if (!is_same_origin_as(document_origin, target_origin)) {
		refused.origin += is_same_site_as(document_origin, target_origin);
		return false;
	}
	if (!equal(encoded_user(document_url), encoded_user(target_url)) ||
	    !equal(encoded_password(document_url), encoded_password(target_url))) {
		refused.account++;
		return false;
	}
	return true;
}

/*
 * The call hands over the two origins, and origins know no accounts. The two URLs are the
 * caller's: it has them in registers that a called function keeps, and passes them on from
 * there to equalIgnoringFragmentIdentifier() later. `suture find' has proved from its
 * instructions which registers these are in this build. They become the third and the
 * fourth argument.
 */
__attribute__((naked))
static bool instead_of_same_site(void)
{
	__asm__("mov %" DOCUMENT_URL_REGISTER ", %rdx\n\t"
		"mov %" TARGET_URL_REGISTER ", %rcx\n\t"
		"jmp can_be_rewritten");
}
SUTURE_REPLACE_CALL(inner_dispatch, SAME_SITE_CHECK_OFFSET, instead_of_same_site);

static char *put_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *put_number(char *to, unsigned long number)
{
	char digits[24];
	int n = 0;

	do {
		digits[n++] = '0' + number % 10;
		number /= 10;
	} while (number);
	while (n)
		*to++ = digits[--n];
	return to;
}

/*
 * The new code leaves nothing that the old one would trip over: each verdict is used up in the
 * event that it was made for. Lost with the patch is what it alone knows, that somebody tried;
 * so that goes to the process's log, which WebKit has on its standard error. Only write() and
 * poll() are called, and it never waits: all threads of the process are held meanwhile.
 */
static void post_unpatch(void)
{
	struct pollfd log = { .fd = STDERR_FILENO, .events = POLLOUT };
	int saved = errno;
	char line[160], *end = line;

	if (!refused.origin && !refused.account)
		return;
	end = put_text(end, "webkit-navigation-origin: taken out; it had refused ");
	end = put_number(end, refused.origin);
	end = put_text(end, " navigations to other origins, ");
	end = put_number(end, refused.account);
	end = put_text(end, " to other accounts\n");
	if (poll(&log, 1, 0) == 1 && log.revents == POLLOUT &&
	    write(STDERR_FILENO, line, end - line) < 0) {
		/* nobody listens */
	}
	errno = saved;
}

/* No thread is inside the patch's code when the hook counts. */
SUTURE_QUIESCENT;
SUTURE_POST_UNPATCH(post_unpatch);
