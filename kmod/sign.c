// SPDX-License-Identifier: GPL-2.0
/*
 * Is a patch module what somebody whom this machine trusts has signed? As for kernel
 * modules: where a signature is required, nothing else is taken. Where none is, a file
 * without one is taken, and so is one of a stranger or out of its time: that says no more
 * of a file than no signature does. But a signature that does not fit its file tells
 * that this is not what its maker made, and that is refused everywhere.
 *
 * What is mapped later is what is verified here:
 *
 * - The caller has denied writing, and keeps it so as long as the patch is loaded. That
 *   fails while a descriptor or a shared mapping can write the file, and afterwards
 *   open() for writing, O_TRUNC and truncate() get ETXTBSY. fallocate() and the ioctls
 *   that move or clone extents need a descriptor that can write.
 * - rename() and unlink() change names. The patch holds the file, and maps that.
 * - Pages that were pinned for writing while the file could be written (a buffer that
 *   io_uring knows, direct I/O under way) can be written for as long as the pin lasts, and
 *   nothing tells of it. So all is read into new pages first: see has_old_pages().
 * - Pages that are dropped are read again from where they came. So the file must lie where
 *   only this kernel writes: see doubt(). Who writes the disk itself, under the
 *   filesystem, has the machine anyway.
 * - On overlayfs writing is denied to the overlay, not to the layers, and a copy-up
 *   between open() and now would make two files of it. So what is opened must be what is
 *   mapped: one inode.
 */
#define pr_fmt(fmt) "suture: " fmt
#include <crypto/sha2.h>
#include <linux/audit.h>
#include <linux/backing-dev.h>
#include <linux/blkdev.h>
#include <linux/ctype.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <linux/moduleparam.h>
#include <linux/pagemap.h>
#include <linux/verification.h>
#include <linux/vmalloc.h>

#include "baked.h"
#include "suture.h"
#include "trust.h"

#define FILE_MAX	(128U << 20)	/* bytes of a signed file */
#define VBOXSF_MAGIC	0x786f4256	/* of its driver alone */

static bool require_signature = SUTURE_RELEASE;

/* On for good: what can be switched off by who can write to sysfs protects nobody. */
static int set_require(const char *val, const struct kernel_param *kp)
{
	bool wanted;
	int ret;

	ret = kstrtobool(val, &wanted);
	if (ret)
		return ret;
	if (!wanted && READ_ONCE(require_signature))
		return -EPERM;
	if (wanted && !READ_ONCE(require_signature))
		pr_notice("from now on patches must be signed\n");
	if (wanted)
		WRITE_ONCE(require_signature, true);
	return 0;
}

static const struct kernel_param_ops require_ops = {
	.set = set_require,
	.get = param_get_bool,
};
module_param_cb(require_signature, &require_ops, &require_signature, 0644);
MODULE_PARM_DESC(require_signature, "take signed patches only; can be switched on, never off");

/* --------------------------------------------------------------- the file */

static bool comes_from_elsewhere(const struct super_block *sb)
{
	switch (sb->s_magic) {
	case NFS_SUPER_MAGIC:
	case V9FS_MAGIC:
	case CEPH_SUPER_MAGIC:
	case SMB_SUPER_MAGIC:
	case CIFS_SUPER_MAGIC:
	case SMB2_SUPER_MAGIC:
	case AFS_SUPER_MAGIC:
	case AFS_FS_MAGIC:
	case CODA_SUPER_MAGIC:
	case OCFS2_SUPER_MAGIC:
	case VBOXSF_MAGIC:
		return true;
	}
	return sb->s_bdev && sb->s_bdev->bd_disk->major == NBD_MAJOR;
}

static bool is_in_image(const struct super_block *sb)
{
	return sb->s_bdev && sb->s_bdev->bd_disk->major == LOOP_MAJOR;
}

/*
 * Can it lie in pages that somebody has pinned for writing, and has not let go of? From
 * a disk it is read again, into others. Where the pages are all there is of the file, or
 * are the disk itself, only root must have been able to write it.
 */
static bool has_old_pages(const struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	const struct inode *inode = mapping->host;

	if ((inode->i_sb->s_bdi->capabilities & BDI_CAP_WRITEBACK) && !IS_DAX(inode) &&
	    !filemap_write_and_wait(mapping) && !invalidate_inode_pages2(mapping))
		return false;
	return !suture_trust_of_root(file);
}

/* Why the file may have other contents in a moment, or NULL. */
static const char *doubt(const struct file *file)
{
	const struct inode *inode = file_inode(file);
	const struct super_block *sb = inode->i_sb;

	/* ecryptfs, or erofs in a file */
	if (inode != d_real_inode(file_dentry(file)) || sb->s_stack_depth)
		return "lies on a stacked filesystem: whoever reaches its layers can change it";
	if (sb->s_iflags & (SB_I_IMA_UNVERIFIABLE_SIGNATURE | SB_I_UNTRUSTED_MOUNTER))
		return "lies on a filesystem that a program serves: it can change it";
	if (comes_from_elsewhere(sb))
		return "lies on another machine, which can change it";
	if (is_in_image(sb))
		return "lies in an image on a loop device: whoever writes the image can change it";
	if (has_old_pages(file))
		return "lies in memory that others than root may still have a hold of";
	return NULL;
}

/* Does it end in the mark of a signature? Spares files without one the reading. */
static int has_mark(struct file *file)
{
	char end[SPM_SIGN_MAGIC_LEN];
	loff_t pos = i_size_read(file_inode(file)) - (loff_t)sizeof(end);
	ssize_t got;

	if (pos < 0)
		return 0;
	got = kernel_read(file, end, sizeof(end), &pos);
	if (got < 0)
		return got;
	return got == sizeof(end) && !memcmp(end, SPM_SIGN_MAGIC, sizeof(end));
}

/*
 * All of the file, by vmalloc. Not by kernel_read_file(): what that reads has to be of a
 * kind that the security modules know (IPE warns of any other), and this is none of them.
 */
static ssize_t read_all(struct file *file, loff_t max, void **ret_buf)
{
	loff_t size = i_size_read(file_inode(file)), pos = 0;
	ssize_t got;
	void *buf;

	*ret_buf = NULL;
	if (size > max)
		return -EFBIG;
	if (size <= 0)
		return 0;
	buf = suture_try(vmalloc(size));
	if (!buf)
		return -ENOMEM;
	while (pos < size) {
		got = kernel_read(file, buf + pos, size - pos, &pos);
		if (got <= 0) {
			vfree(buf);
			return got ?: -EIO;
		}
	}
	*ret_buf = buf;
	return size;
}

/* --------------------------------------------------------------- the verdict */

struct verdict {
	const struct suture_cert *cert;		/* NULL: none of ours */
	size_t image_len;			/* bytes that are signed; without a signature all */
	bool harmless;				/* where no signature is required */
	char text[160];				/* what is wrong, behind the file's name */
};

static int verify(const void *buf, size_t len, const struct spm_signature *sig,
		  struct verdict *verdict)
{
	int ret;

	ret = verify_pkcs7_signature(buf, sig->image_len, sig->pkcs7.data, sig->pkcs7.len,
				     suture_trust_ring(), VERIFYING_MODULE_SIGNATURE, NULL, NULL);
	switch (ret) {
	case 0:
	case -ENOMEM:
	case -EINTR:
		return ret;
	case -ENOPKG:
		verdict->harmless = true;
		snprintf(verdict->text, sizeof(verdict->text),
			 "is signed in a way that this kernel cannot verify");
		return ret;
	}
	if (ret == -EKEYREJECTED && suture_trust_blacklisted(buf, sig->image_len, &sig->pkcs7))
		snprintf(verdict->text, sizeof(verdict->text),
			 "is signed by \"%s\", whose key this kernel has on its list of revoked ones",
			 verdict->cert->name);
	else
		snprintf(verdict->text, sizeof(verdict->text),
			 "is not what \"%s\" has signed: it was altered", verdict->cert->name);
	return -EKEYREJECTED;
}

static int in_time(struct verdict *verdict)
{
	const struct suture_cert *cert = verdict->cert;
	time64_t from = cert->parsed.not_before, until = cert->parsed.not_after;
	int ret = suture_trust_time(cert);

	if (ret == -EKEYEXPIRED)
		snprintf(verdict->text, sizeof(verdict->text),
			 "is signed by \"%s\", whose certificate has expired (%ptTd)",
			 cert->name, &until);
	else if (ret)
		snprintf(verdict->text, sizeof(verdict->text),
			 "is signed by \"%s\", whose certificate is not valid yet (from %ptTd)",
			 cert->name, &from);
	verdict->harmless = true;
	return ret;
}

/* All of the file is in @buf. 0: it is good; -ENODATA: not signed, which has no words yet. */
static int judge(const void *buf, size_t len, struct verdict *verdict)
{
	struct spm_signature sig;
	const char *why;
	int ret;

	ret = spm_split_signature(buf, len, len, &sig, &why);
	if (ret < 0) {
		strscpy(verdict->text, why, sizeof(verdict->text));
		return ret;
	}
	verdict->image_len = ret ? sig.image_len : len;
	if (!ret) {
		verdict->harmless = true;
		return -ENODATA;
	}
	ret = spm_parse_pkcs7(&sig, &why);
	if (ret) {
		snprintf(verdict->text, sizeof(verdict->text), "has a damaged signature: it %s",
			 why);
		return ret;
	}
	verdict->cert = suture_trust_find(&sig.issuer);
	if (!verdict->cert) {
		verdict->harmless = true;
		strscpy(verdict->text, "is signed by somebody whom this machine does not trust",
			sizeof(verdict->text));
		return -ENOKEY;
	}
	ret = verify(buf, len, &sig, verdict) ?: in_time(verdict);
	if (!ret)
		snprintf(verdict->text, sizeof(verdict->text), "is signed by \"%s\"",
			 verdict->cert->name);
	return ret;
}

/* --------------------------------------------------------------- saying it */

/* Names of files are anybody's, and go into logs: printable, and without quotes. */
static void clean(char *text)
{
	for (; *text; text++) {
		if (!isascii(*text) || !isprint(*text) || *text == '"' || *text == '\\')
			*text = '?';
	}
}

/*
 * suture_sign_tell - a line of the kernel's log, and a record for auditing
 * @op:     what was asked for, one word
 * @signer: or NULL
 * @cause:  one word
 * @text:   the line, behind the file's name
 * @ret:    0, or with what it was refused
 */
void suture_sign_tell(const char *op, const struct file *file, const struct suture_cert *signer,
		      const char *cause, const char *text, int ret)
{
	char name[64];

	snprintf(name, sizeof(name), "%pD", file);
	clean(name);
	if (ret)
		pr_notice("%s: %s\n", name, text);
	else
		pr_info("%s: %s\n", name, text);
	if (!audit_enabled)
		return;
	audit_log(audit_context(), GFP_KERNEL, AUDIT_KERNEL_OTHER,
		  "op=%s name=\"%s\" signer=\"%s\" cause=\"%s\" error=%d res=%d", op, name,
		  signer ? signer->name : "?", cause, ret, !ret);
}

bool suture_sign_required(void)
{
	return READ_ONCE(require_signature);
}

static void hash(const void *buf, size_t len, size_t image_len, struct suture_seal *seal)
{
	sha256(buf, len, seal->digests[0]);
	if (image_len == len)
		memcpy(seal->digests[1], seal->digests[0], SPM_DIGEST_LEN);
	else
		sha256(buf, image_len, seal->digests[1]);
	seal->hashed = true;
}

/*
 * suture_sign_hash - the digests of a patch module that was loaded without
 *
 * What was loaded is what is read here: see above. Returns 0 or an error.
 */
int suture_sign_hash(struct file *file, struct suture_seal *seal)
{
	struct spm_signature sig;
	const char *why;
	ssize_t len;
	void *buf;
	int ret;

	len = read_all(file, FILE_MAX, &buf);
	if (len < 0)
		return len;
	ret = spm_split_signature(buf, len, len, &sig, &why);
	if (ret >= 0) {
		hash(buf, len, ret ? sig.image_len : len, seal);
		ret = 0;
	}
	vfree(buf);
	return ret;
}

/* All of the file in *@ret_buf, and what is to be said of it. The caller frees it, by vfree(). */
static int read_and_judge(struct file *file, loff_t max, void **ret_buf, size_t *ret_len,
			  struct verdict *verdict)
{
	ssize_t len = read_all(file, max, ret_buf);

	*ret_len = len < 0 ? 0 : len;
	if (len >= 0)
		return judge(*ret_buf, len, verdict);
	if (len != -ENOMEM && len != -EINTR)
		snprintf(verdict->text, sizeof(verdict->text), "cannot be read to verify it (%zd)",
			 len);
	return len;
}

/*
 * suture_sign_check - may this patch module be loaded?
 * @file: nobody can write it, see above
 * @seal: out: who has signed it, and its digests, where a list asks for some: hashing is
 *        most of what a load would cost
 *
 * Returns 0, or an error with *message. Nothing of the file but its signature has been
 * looked at then.
 */
int suture_sign_check(struct file *file, struct suture_seal *seal, char *message)
{
	bool required = suture_sign_required(), wanted = suture_digests_wanted();
	struct verdict verdict = { 0 };
	const char *why = NULL;
	void *buf = NULL;
	size_t len;
	int ret;

	if (!required && !wanted) {
		ret = has_mark(file);
		if (ret <= 0)
			return ret;
	} else if (required) {
		why = doubt(file);
	}
	if (why) {
		ret = -EACCES;
		strscpy(verdict.text, why, sizeof(verdict.text));
		goto out;
	}
	ret = read_and_judge(file, FILE_MAX, &buf, &len, &verdict);
	if (ret == -ENOMEM || ret == -EINTR)
		goto out_free;
	/* Of what is refused nobody asks for them. */
	if (wanted)
		hash(buf, len, verdict.image_len, seal);
	if (ret == -ENODATA && !required) {
		ret = 0;
		goto out_free;
	}
	/* unsigned, as for kernel modules */
	if (ret == -ENODATA) {
		ret = -EKEYREJECTED;
		strscpy(verdict.text, "is not signed, and this machine takes signed patches only",
			sizeof(verdict.text));
	}
out:
	suture_sign_tell("suture_load", file, verdict.cert, ret ? "refused" : "verified",
			 verdict.text, ret);
	if (!ret)
		seal->signer = verdict.cert;
	else if (!required && verdict.harmless)
		ret = 0;
	else
		suture_say(message, "%pD: %s", file, verdict.text);
out_free:
	vfree(buf);
	return ret;
}

/*
 * suture_sign_text - read a text that must be signed, whatever this machine requires of patches
 * @max:    bytes of the text
 * @op:     for suture_sign_tell()
 * @ret:    out: the text, which the caller frees by vfree(), and who has signed it
 *
 * What was verified is this copy: it does not matter where the file lies, or what becomes of it.
 * Returns 0, or an error with *message, which has been told.
 */
int suture_sign_text(struct file *file, size_t max, const char *op, struct suture_signed_text *ret,
		     char *message)
{
	struct verdict verdict = { 0 };
	size_t len;
	int error;

	error = read_and_judge(file, max + SPM_PKCS7_MAX + SPM_SIGN_INFO_LEN + SPM_SIGN_MAGIC_LEN,
			       &ret->buf, &len, &verdict);
	if (error == -ENOMEM || error == -EINTR)
		goto err;
	if (error == -ENODATA) {
		error = -EKEYREJECTED;
		strscpy(verdict.text, "is not signed", sizeof(verdict.text));
	}
	if (error) {
		suture_sign_tell(op, file, verdict.cert, "refused", verdict.text, error);
		suture_say(message, "%pD: %s", file, verdict.text);
		goto err;
	}
	ret->len = verdict.image_len;
	ret->signer = verdict.cert;
	return 0;
err:
	vfree(ret->buf);
	ret->buf = NULL;
	return error;
}
