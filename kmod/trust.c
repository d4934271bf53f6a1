// SPDX-License-Identifier: GPL-2.0
/*
 * Whose signatures are good: a keyring of the module's own. It is filled when the
 * module is loaded, from the certificates that were built in and from those of a
 * folder, and by nobody ever after: its restriction refuses every link (filling it
 * goes past that), nobody has the right to write it once it is full, and KEY_FLAG_KEEP
 * keeps its keys from being revoked, invalidated or unlinked.
 */
#define pr_fmt(fmt) "suture: " fmt
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/file.h>
#include <linux/kernel_read_file.h>
#include <linux/key.h>
#include <linux/limits.h>
#include <linux/moduleparam.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/verification.h>
#include <linux/vmalloc.h>

#include "baked.h"
#include "suture.h"
#include "trust.h"

#define CERTS_MAX	64

static char *trusted = "/etc/suture/trusted.d";
module_param(trusted, charp, 0444);
MODULE_PARM_DESC(trusted, "folder of the certificates (*.der, *.x509) whose signatures are good");

/* SUTURE_BAKED_CERTS is a list of bytes, each with a comma: DER certificates in a row. */
static const u8 baked[] = { SUTURE_BAKED_CERTS 0 };

static struct key *ring;
static LIST_HEAD(certs);	/* struct suture_cert; nobody writes it after the start */
static unsigned int nr_certs;

/* For the keyring's life, which may be longer than ours: see suture_trust_exit(). */
static int refuse_link(struct key *keyring, const struct key_type *type,
		       const union key_payload *payload, struct key *restriction_key)
{
	return -EPERM;
}

static int make_ring(void)
{
	struct key_restriction *restriction;

	restriction = kzalloc(sizeof(*restriction), GFP_KERNEL);
	if (!restriction)
		return -ENOMEM;
	restriction->check = refuse_link;
	/* The right to write is of its possessor, which is nobody but us. */
	ring = keyring_alloc(".suture", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
			     KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH | KEY_POS_WRITE |
			     KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH,
			     KEY_ALLOC_NOT_IN_QUOTA | KEY_ALLOC_SET_KEEP, restriction, NULL);
	if (IS_ERR(ring)) {
		kfree(restriction);
		return PTR_ERR(ring);
	}
	return 0;
}

static void seal_ring(void)
{
	down_write(&ring->sem);
	ring->perm &= ~(KEY_POS_WRITE | KEY_USR_WRITE | KEY_GRP_WRITE | KEY_OTH_WRITE);
	up_write(&ring->sem);
}

static bool same_issuer(const struct spm_issuer *a, const struct spm_issuer *b)
{
	return spm_bytes_same(&a->serial, &b->serial) && spm_bytes_same(&a->name, &b->name);
}

/* The certificate that a signature names, or NULL. */
const struct suture_cert *suture_trust_find(const struct spm_issuer *issuer)
{
	const struct suture_cert *cert;

	list_for_each_entry(cert, &certs, node) {
		if (same_issuer(&cert->parsed.issuer, issuer))
			return cert;
	}
	return NULL;
}

struct key *suture_trust_ring(void)
{
	return ring;
}

/*
 * Is a signature that was rejected of a key that the kernel itself has revoked (.blacklist)?
 *
 * That verdict has no name of its own. But it comes before any key of the caller's is looked
 * at, so with an empty keyring there is no other reason to reject what is of one of ours.
 */
bool suture_trust_blacklisted(const void *data, size_t len, const struct spm_bytes *pkcs7)
{
	struct key *none;
	int ret;

	none = keyring_alloc(".suture_none", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID, current_cred(),
			     KEY_POS_SEARCH, KEY_ALLOC_NOT_IN_QUOTA, NULL, NULL);
	if (IS_ERR(none))
		return false;
	ret = verify_pkcs7_signature(data, len, pkcs7->data, pkcs7->len, none,
				     VERIFYING_MODULE_SIGNATURE, NULL, NULL);
	key_put(none);
	return ret == -EKEYREJECTED;
}

static void name_cert(struct suture_cert *cert)
{
	const struct spm_bytes *name = &cert->parsed.common_name;
	size_t i, len = min(name->len, sizeof(cert->name) - 1);

	for (i = 0; i < len; i++) {
		char c = name->data[i];

		cert->name[i] = isascii(c) && isprint(c) && c != '"' && c != '\\' ? c : '?';
	}
	if (!len)
		strscpy(cert->name, "no name", sizeof(cert->name));
}

/* One certificate, DER. What cannot be used is said and left out: only memory fails. */
static int add_cert(const void *der, size_t len, const char *from)
{
	struct suture_cert *cert;
	char description[80];
	const char *why;
	key_ref_t key;

	if (nr_certs == CERTS_MAX) {
		pr_warn("%s: is left out: there are %u certificates already\n", from, CERTS_MAX);
		return 0;
	}
	cert = kzalloc(struct_size(cert, der, len), GFP_KERNEL);
	if (!cert)
		return -ENOMEM;
	memcpy(cert->der, der, len);
	if (spm_parse_cert(cert->der, len, &cert->parsed, &why)) {
		pr_warn("%s: is left out: %s\n", from, why);
		goto out_free;
	}
	/* A signature names its certificate by these two: there must be only one. */
	if (suture_trust_find(&cert->parsed.issuer)) {
		pr_warn("%s: is left out: another has the same issuer and serial number\n", from);
		goto out_free;
	}
	name_cert(cert);
	/* The kernel's own would be the same for a certificate that was renewed with its key,
	 * and the later one would take the place of the other. */
	snprintf(description, sizeof(description), "%s, no. %u", cert->name, nr_certs + 1);
	key = key_create_or_update(make_key_ref(ring, true), "asymmetric", description, der, len,
				   KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH |
				   KEY_USR_VIEW | KEY_USR_READ,
				   KEY_ALLOC_NOT_IN_QUOTA | KEY_ALLOC_BYPASS_RESTRICTION);
	if (IS_ERR(key)) {
		pr_warn("%s: is left out: the kernel does not take it (%ld)\n", from,
			PTR_ERR(key));
		goto out_free;
	}
	key_ref_put(key);
	list_add_tail(&cert->node, &certs);
	nr_certs++;
	pr_info("trusts the signatures of \"%s\" (%s)\n", cert->name, from);
	return 0;

out_free:
	kfree(cert);
	return 0;
}

static int add_baked(void)
{
	const u8 *at = baked;
	size_t left = sizeof(baked) - 1, len;
	int ret;

	while (left) {
		len = spm_cert_size(at, left);
		if (!len) {
			pr_warn("what was built in is not all certificates\n");
			return 0;
		}
		ret = add_cert(at, len, "built in");
		if (ret)
			return ret;
		at += len;
		left -= len;
	}
	return 0;
}

/* --------------------------------------------------------------- the folder */

struct name {
	struct list_head node;
	char text[];
};

struct names {
	struct dir_context ctx;
	struct list_head list;
	unsigned int nr;
	int error;
};

static bool ends_in(const char *name, int len, const char *end)
{
	int end_len = strlen(end);

	return len > end_len && !memcmp(name + len - end_len, end, end_len);
}

static bool collect(struct dir_context *ctx, const char *text, int len, loff_t offset, u64 ino,
		    unsigned int type)
{
	struct names *names = container_of(ctx, struct names, ctx);
	struct name *name;

	if (!ends_in(text, len, ".der") && !ends_in(text, len, ".x509"))
		return true;
	if (names->nr == 2 * CERTS_MAX)
		return false;
	name = kzalloc(struct_size(name, text, len + 1), GFP_KERNEL);
	if (!name) {
		names->error = -ENOMEM;
		return false;
	}
	memcpy(name->text, text, len);
	list_add_tail(&name->node, &names->list);
	names->nr++;
	return true;
}

/* Nobody but root can have put it there. */
bool suture_trust_of_root(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return uid_eq(inode->i_uid, GLOBAL_ROOT_UID) && !(inode->i_mode & 0022);
}

static int add_file(const char *name)
{
	struct file *file;
	void *der = NULL;
	ssize_t len;
	char *path;
	int ret = 0;

	path = kasprintf(GFP_KERNEL, "%s/%s", trusted, name);
	if (!path)
		return -ENOMEM;
	file = filp_open(path, O_RDONLY | O_NONBLOCK | O_LARGEFILE, 0);
	if (IS_ERR(file)) {
		pr_warn("%s: is left out: it cannot be opened (%ld)\n", path, PTR_ERR(file));
		goto out_free;
	}
	if (!S_ISREG(file_inode(file)->i_mode) || !suture_trust_of_root(file)) {
		pr_warn("%s: is left out: not a file that root alone can write\n", path);
		goto out_close;
	}
	len = kernel_read_file(file, 0, &der, SPM_CERT_MAX, NULL, READING_X509_CERTIFICATE);
	if (len < 0) {
		pr_warn("%s: is left out: it cannot be read (%zd)\n", path, len);
		goto out_close;
	}
	ret = add_cert(der, len, path);
	vfree(der);
out_close:
	fput(file);
out_free:
	kfree(path);
	return ret;
}

static int add_folder(void)
{
	struct names names = { .ctx.actor = collect, .list = LIST_HEAD_INIT(names.list) };
	struct name *name, *next;
	struct file *dir;
	int ret = 0;

	dir = filp_open(trusted, O_RDONLY | O_DIRECTORY, 0);
	if (IS_ERR(dir)) {
		if (PTR_ERR(dir) != -ENOENT)
			pr_warn("%s: cannot be opened (%ld)\n", trusted, PTR_ERR(dir));
		return 0;
	}
	if (suture_trust_of_root(dir))
		ret = iterate_dir(dir, &names.ctx) ?: names.error;
	else
		pr_warn("%s: is left out: not a folder that root alone can write\n", trusted);
	fput(dir);
	list_for_each_entry_safe(name, next, &names.list, node) {
		if (!ret)
			ret = add_file(name->text);
		kfree(name);
	}
	return ret;
}

/* --------------------------------------------------------------- the clock */

/*
 * 0, -EKEYEXPIRED, or -EKEYREJECTED when its time is still to come.
 *
 * A clock that is behind the making of this module was never set: nothing is said of
 * a beginning then, and the end is compared with the making, which is past for sure.
 */
int suture_trust_time(const struct suture_cert *cert)
{
	time64_t now = ktime_get_real_seconds();
	bool set = now >= SUTURE_MADE_AT;

	if (cert->parsed.not_after < (set ? now : (time64_t)SUTURE_MADE_AT))
		return -EKEYEXPIRED;
	return set && cert->parsed.not_before > now ? -EKEYREJECTED : 0;
}

/* --------------------------------------------------------------- start and end */

int suture_trust_init(void)
{
	int ret;

	ret = make_ring();
	if (ret)
		return ret;
	ret = add_baked() ?: add_folder();
	seal_ring();
	if (ret)
		suture_trust_exit();
	return ret;
}

void suture_trust_exit(void)
{
	struct suture_cert *cert, *next;

	/* A look at /proc/keys may hold it a moment longer than we do. Nobody can come to
	 * the restriction meanwhile, without the right to write; it shall not lead here. */
	down_write(&ring->sem);
	ring->restrict_link->check = NULL;
	up_write(&ring->sem);
	key_put(ring);
	list_for_each_entry_safe(cert, next, &certs, node) {
		list_del(&cert->node);
		kfree(cert);
	}
}
