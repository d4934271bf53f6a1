// SPDX-License-Identifier: GPL-2.0
/*
 * The code of patches/webkit-navigation-origin, called as its place in WebKit calls it, with
 * URLs that WebKit's own parser has made: linked against libjavascriptcoregtk, natively.
 * Only the two functions that compare origins are not WebKit's here.
 */
#include <stdint.h>
#include <stdio.h>

#include "../../patches/webkit-navigation-origin/webkit-navigation-origin.c"

/* struct url's size is the library's: 8 + 8 * 4 bytes */
struct url {
	uint64_t words[5];
};

struct span {
	const void *data;
	size_t size;
};

/* Ref<StringImpl> StringImpl::create(std::span<const T>), and URL::URL(String&&, …) */
extern void create8(void **ret, struct span text)
	__asm__("_ZN3WTF10StringImpl6createESt4spanIKhLm18446744073709551615EE");
extern void create16(void **ret, struct span text)
	__asm__("_ZN3WTF10StringImpl6createESt4spanIKDsLm18446744073709551615EE");
extern void url_parse(struct url *url, void **string, const void *encoding)
	__asm__("_ZN3WTF3URLC1EONS_6StringEPKNS_15URLTextEncodingE");
extern void wtf_initialize(void) __asm__("_ZN3WTF10initializeEv");

static bool same_origin, same_site;

bool is_same_origin_as(const struct security_origin *origin, const struct security_origin *other)
{
	if (origin != (void *)0x1000 || other != (void *)0x2000)
		puts("# the origins did not arrive");
	return same_origin;
}

bool is_same_site_as(const struct security_origin *origin, const struct security_origin *other)
{
	(void)origin;
	(void)other;
	return same_site;
}

void inner_dispatch(void)
{
}

/* What the caller does: the URLs in its registers, the origins as arguments. */
static bool ask(const struct url *document, const struct url *target)
{
	register const struct url *document_url __asm__(DOCUMENT_URL_REGISTER) = document;
	register const struct url *target_url __asm__(TARGET_URL_REGISTER) = target;
	register unsigned long origin __asm__("rdi") = 0x1000;
	register unsigned long other __asm__("rsi") = 0x2000;
	unsigned long ret;

	__asm__ volatile("sub $128, %%rsp; call *%3; add $128, %%rsp"
			 : "=a"(ret), "+r"(origin), "+r"(other)
			 : "r"(instead_of_same_site), "r"(document_url), "r"(target_url)
			 : "rdx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
	return ret & 0xff;
}

static void make(struct url *url, const char *text, bool wide)
{
	struct span span = { text, strlen(text) };
	unsigned short copy[256];
	void *string;

	if (wide) {
		for (size_t i = 0; i < span.size; i++)
			copy[i] = (unsigned char)text[i];
		span.data = copy;
		create16(&string, span);
	} else {
		create8(&string, span);
	}
	url_parse(url, &string, NULL);
}

static int failed;

static void check(bool good, const char *text, const char *a, const char *b)
{
	printf("%s - %s: %s, %s\n", good ? "ok" : "not ok", text, a, b);
	failed += !good;
}

int main(void)
{
	static const struct {
		const char *document, *target;
		bool same;
	} cases[] = {
		{ "http://a.example/x", "http://a.example/y?q#f", true },
		{ "http://a.example/", "http://u@a.example/", false },
		{ "http://u@a.example/", "http://a.example/", false },
		{ "http://u@a.example/", "http://u@a.example/", true },
		{ "http://u@a.example/", "http://v@a.example/", false },
		{ "http://u@a.example/", "http://uu@a.example/", false },
		{ "http://u:p@a.example/", "http://u:p@a.example/z", true },
		{ "http://u:p@a.example/", "http://u:q@a.example/", false },
		{ "http://u:p@a.example/", "http://u@a.example/", false },
		{ "http://u@a.example/", "http://u:p@a.example/", false },
		{ "http://:p@a.example/", "http://a.example/", false },
		{ "http://:p@a.example/", "http://:p@a.example/", true },
		{ "http://user:word@a.example/", "http://user:word@a.example/z", true },
		{ "http://user:word@a.example/", "http://usex:word@a.example/", false },
		{ "http://user:word@a.example/", "http://user:worx@a.example/", false },
		/* without a name in it an account is none */
		{ "http://@a.example/", "http://a.example/", true },
		{ "http://:@a.example/", "http://a.example/", true },
		{ "http://u:@a.example/", "http://u@a.example/", true },
		/* the standard compares what is encoded */
		{ "http://%75@a.example/", "http://u@a.example/", false },
		{ "http://\xc3\xbc@a.example/", "http://\xc3\xbc@a.example/", true },
		{ "about:blank", "http://a.example/", true },
		{ "about:blank", "http://u@a.example/", false },
		{ "", "", true },
		{ "no url", "http://u@a.example/", false },
		{ "file:///etc/a", "file:///etc/a#b", true },
	};
	size_t n = sizeof(cases) / sizeof(*cases);
	unsigned long account = 0;

	wtf_initialize();
	for (size_t i = 0; i < 4 * n; i++) {
		const char *a = cases[i / 4].document, *b = cases[i / 4].target;
		struct url document, target;

		make(&document, a, i & 1);
		make(&target, b, i & 2);
		same_origin = same_site = true;
		check(ask(&document, &target) == cases[i / 4].same,
		      cases[i / 4].same ? "the same account" : "another account", a, b);
		account += !cases[i / 4].same;
		same_origin = false;
		check(!ask(&document, &target), "another origin of the site", a, b);
		same_site = false;
		check(!ask(&document, &target), "another site", a, b);
	}
	/* what the old code would have let through */
	check(refused.account == account && refused.origin == 4 * n, "counted", "", "");

	post_unpatch();
	printf("%zu passed, %d failed\n", 12 * n + 1 - failed, failed);
	return !!failed;
}
