/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers and descriptors of rig-nic, shared by the device model, its
 * qtests and the sample miniport. qemu-devices/docs/rig-nic.rst explains them.
 *
 * All registers are 32 bits wide, little-endian, and accessed with aligned
 * 4-byte reads and writes; other accesses read 0 and are ignored. Reserved
 * bits read 0. "RO" read only, "RW" read and write, "WO" reads 0, "W1S"/"W1C"
 * writing 1 sets/clears, "SC" clears itself.
 */
#ifndef RIG_NIC_REGS_H
#define RIG_NIC_REGS_H

/* PCI identity: QEMU's vendor id, experimental range 10f0..10ff. */
#define RIG_NIC_VENDOR_ID 0x1af4
#define RIG_NIC_DEVICE_ID 0x10f5
#define RIG_NIC_REVISION  0x01

#define RIG_NIC_BAR_REGS  0       /* 64 KiB of registers */
#define RIG_NIC_BAR_MSIX  2       /* MSI-X table and pending bits */
#define RIG_NIC_REGS_SIZE 0x10000
#define RIG_NIC_MSIX_SIZE 0x4000
#define RIG_NIC_MSIX_TABLE 0x0000
#define RIG_NIC_MSIX_PBA   0x2000

#define RIG_NIC_MAX_VECTORS 64
#define RIG_NIC_MAX_QUEUES  16    /* queue pairs */

/* --- device ------------------------------------------------------------ */
#define RIG_NIC_CTRL        0x0000 /* RW */
#define  RIG_NIC_CTRL_RST    (1u << 0) /* SC: reset; see STATUS_RESET_DONE */
#define  RIG_NIC_CTRL_RXEN   (1u << 1) /* receive enable, all queues */
#define  RIG_NIC_CTRL_TXEN   (1u << 2) /* transmit enable, all queues */

#define RIG_NIC_STATUS      0x0004 /* RO */
#define  RIG_NIC_STATUS_RESET_DONE (1u << 0) /* 0 during a reset, 1 after */
#define  RIG_NIC_STATUS_LINK_UP    (1u << 1)
#define  RIG_NIC_STATUS_NVM_VALID  (1u << 2) /* NVM checksum was good */

#define RIG_NIC_ID          0x0008 /* RO: RIG_NIC_ID_VALUE */
#define  RIG_NIC_ID_VALUE    0x4e474952u /* "RIGN" in memory */

#define RIG_NIC_CAPS        0x000c /* RO */
#define  RIG_NIC_CAPS_QUEUES(v)  ((v) & 0xff)         /* queue pairs, 1..16 */
#define  RIG_NIC_CAPS_VECTORS(v) (((v) >> 8) & 0xff)  /* MSI-X vectors */

#define RIG_NIC_SPEED       0x0010 /* RO: link speed in Mbit/s */
#define RIG_NIC_MAXFRAME    0x0014 /* RW: longest frame received, bytes
                                      without FCS, 64..9216, reset 1514 */
#define RIG_NIC_MAC_LO      0x0018 /* RW: bytes 0..3, byte 0 in bits 7:0 */
#define RIG_NIC_MAC_HI      0x001c /* RW: bytes 4..5 in bits 15:0 */

#define RIG_NIC_RXFILTER    0x0020 /* RW; unicast to MAC always passes */
#define  RIG_NIC_RXF_BROADCAST    (1u << 0)
#define  RIG_NIC_RXF_ALLMULTI     (1u << 1)
#define  RIG_NIC_RXF_PROMISCUOUS  (1u << 2)
#define  RIG_NIC_RXF_HASHMULTI    (1u << 3) /* by MCHASH */
#define RIG_NIC_MCHASH(i)   (0x0040 + 4 * (i)) /* RW, i 0..1: bit n set:
                                      accept multicast whose CRC32 (as in
                                      ether_crc, big-endian) >> 26 is n */

/* --- NVM: 64 words of 16 bits; word 63 makes the sum of all 0xbaba ------ */
#define RIG_NIC_NVM_ADDR    0x0030 /* RW: word number, 0..63 */
#define RIG_NIC_NVM_DATA    0x0034 /* RO: that word */
#define  RIG_NIC_NVM_WORDS   64
#define  RIG_NIC_NVM_SUM     0xbaba
#define  RIG_NIC_NVM_VERSION 1
/* words 0..2: MAC address, low byte first; word 3: layout version */

/* --- offloads ----------------------------------------------------------- */
#define RIG_NIC_FEATURES    0x0050 /* RO: what the device has */
#define  RIG_NIC_FEATURE_RSS     (1u << 0)
#define  RIG_NIC_FEATURE_RXCSUM  (1u << 1)
#define  RIG_NIC_FEATURE_TXCSUM  (1u << 2)
#define  RIG_NIC_FEATURE_TSO     (1u << 3)
#define RIG_NIC_RXCSUM      0x0054 /* RW */
#define  RIG_NIC_RXCSUM_ENABLE   (1u << 0) /* sets RIG_NIC_RXD_IP_* and L4_* */
#define RIG_NIC_RSS         0x0058 /* RW */
#define  RIG_NIC_RSS_ENABLE      (1u << 0)
#define  RIG_NIC_RSS_IPV4        (1u << 8) /* hash over addresses, ... */
#define  RIG_NIC_RSS_TCPV4       (1u << 9) /* ... addresses and ports */
#define  RIG_NIC_RSS_IPV6        (1u << 10)
#define  RIG_NIC_RSS_TCPV6       (1u << 11)
#define  RIG_NIC_RSS_UDPV4       (1u << 12)
#define  RIG_NIC_RSS_UDPV6       (1u << 13)
#define  RIG_NIC_RSS_KINDS       0x3f00u
#define RIG_NIC_RSSKEY(i)   (0x0400 + 4 * (i)) /* RW, i 0..9: Toeplitz key,
                                      byte 0 in bits 7:0 of i 0 */
#define  RIG_NIC_RSSKEY_REGS 10
#define RIG_NIC_RETA(i)     (0x0480 + 4 * (i)) /* RW, i 0..31: indirection
                                      table, entry 0 in bits 7:0 of i 0: the
                                      queue pair for hash modulo 128 */
#define  RIG_NIC_RETA_REGS   32

/* --- interrupts ---------------------------------------------------------
 * A cause bit is set in ICR when its event happens. When a bit becomes set in
 * both ICR and IMS, the vector of that cause (IVAR) is raised, at most once
 * per ITR interval; then its bits in IAC are cleared from ICR and its bits in
 * IAM from IMS. A cause that stays set in both raises no further message: clear
 * it in ICR, or mask and unmask it. With MSI-X disabled INTx is asserted as
 * long as any cause is set in both, and neither IAC nor IAM applies: clear ICR
 * or IMS to deassert it.
 */
#define RIG_NIC_ICR         0x0100 /* W1C: causes; reading has no effect */
#define RIG_NIC_ICS         0x0104 /* WO: sets causes */
#define RIG_NIC_IMS         0x0108 /* W1S: reads the mask; 1 = may interrupt */
#define RIG_NIC_IMC         0x010c /* W1C on the mask; reads the mask */
#define RIG_NIC_IAC         0x0110 /* RW: auto-clear */
#define RIG_NIC_IAM         0x0114 /* RW: auto-mask */
#define  RIG_NIC_CAUSE_QUEUE(q) (1u << (q)) /* 0..15: RX or TX of pair q */
#define  RIG_NIC_CAUSE_LINK     (1u << 16)
#define  RIG_NIC_CAUSE_MAILBOX  (1u << 17)
#define  RIG_NIC_CAUSE_ERROR    (1u << 18) /* DMA or ring error, see ERRCODE */
#define  RIG_NIC_CAUSES         19
#define  RIG_NIC_CAUSE_ALL      ((1u << RIG_NIC_CAUSES) - 1)
#define RIG_NIC_IVAR(c)     (0x0180 + 4 * (c)) /* RW, c 0..18 */
#define  RIG_NIC_IVAR_VALID  (1u << 31)
#define  RIG_NIC_IVAR_VECTOR 0x3fu
#define RIG_NIC_ITR(v)      (0x0200 + 4 * (v)) /* RW, v 0..63: least interval
                                      between two messages, us, 0..65535 */
#define RIG_NIC_ERRCODE     0x0118 /* RO: last error, RIG_NIC_ERR_* */
#define  RIG_NIC_ERR_NONE     0
#define  RIG_NIC_ERR_RING     1    /* bad ring size or tail */
#define  RIG_NIC_ERR_DMA      2    /* a DMA access failed */
#define  RIG_NIC_ERR_FRAME    3    /* frame too short or too long to send */

/* --- queue pairs: q 0..15 ------------------------------------------------
 * A ring is an array of SIZE 16-byte descriptors. HEAD and TAIL count modulo
 * SIZE: software owns [TAIL, HEAD), hardware owns [HEAD, TAIL). Writing TAIL
 * is the doorbell. Base and SIZE may be written only while the ring is off.
 */
#define RIG_NIC_TX(q)       (0x1000 + 0x80 * (q))
#define RIG_NIC_RX(q)       (0x1040 + 0x80 * (q))
#define RIG_NIC_RING_BASE_LO 0x00 /* RW: bits 31:4, 16-byte aligned */
#define RIG_NIC_RING_BASE_HI 0x04 /* RW */
#define RIG_NIC_RING_SIZE    0x08 /* RW: descriptors, power of two, 8..4096 */
#define RIG_NIC_RING_HEAD    0x0c /* RO */
#define RIG_NIC_RING_TAIL    0x10 /* RW */
#define RIG_NIC_RING_CTRL    0x14 /* RW; turning the ring off zeroes HEAD and
                                     TAIL */
#define  RIG_NIC_RING_ENABLE  (1u << 0) /* stays 0 if SIZE or TAIL is bad */
#define  RIG_NIC_RING_DROP    (1u << 1) /* receive: drop frames while there is
                                     no descriptor (RX_NODESC); else they
                                     wait in the link partner */
#define  RIG_NIC_RING_HALTED  (1u << 2) /* RO: a descriptor could not be read
                                     or written; turn off and on again */

#define RIG_NIC_RING_MIN     8
#define RIG_NIC_RING_MAX     4096

/* --- statistics: RO, cleared by reset; 64 bits as lo, hi; read lo first ---*/
#define RIG_NIC_STAT_TX_FRAMES  0x3000
#define RIG_NIC_STAT_TX_BYTES   0x3008
#define RIG_NIC_STAT_RX_FRAMES  0x3010
#define RIG_NIC_STAT_RX_BYTES   0x3018
#define RIG_NIC_STAT_RX_NODESC  0x3020 /* dropped: no receive descriptor */
#define RIG_NIC_STAT_RX_FILTER  0x3028 /* dropped: address filter or size */
#define RIG_NIC_STAT_TX_ERRORS  0x3030
#define RIG_NIC_STAT_RX_ERRORS  0x3038 /* buffer could not be written */
#define RIG_NIC_STAT_RX_OFF     0x3040 /* dropped: receiver or ring off */
#define RIG_NIC_STAT_RX_TOTAL   0x3048 /* sum of RX_FRAMES, NODESC, FILTER,
                                          ERRORS and OFF */
#define RIG_NIC_STAT_TX_TOTAL   0x3050 /* frames in the rings: all with EOP */
#define RIG_NIC_STAT_TX_TSO     0x3058 /* of these, cut into segments */

/*
 * Descriptors, as four little-endian dwords:
 *   dword 0, 1  address of the buffer
 *   dword 2     TX: bits 15:0 length of this buffer, bits 31:16 flags
 *               RX: bits 15:0 size of the buffer; written back: bytes received
 *   dword 3     written back by the device: bit 0 done, bits 7:1 flags
 * A transmit frame may span descriptors; the last one has EOP. Transmit
 * descriptors are written back (DONE) only where RS asks for it. A receive
 * frame fills one descriptor; one that does not fit is dropped (RX_FILTER).
 */
#define RIG_NIC_DESC_SIZE     16
#define RIG_NIC_TXD_LEN_MASK  0xffffu
#define RIG_NIC_TXD_EOP       (1u << 16)
#define RIG_NIC_TXD_RS        (1u << 17) /* report status, raise QUEUE(q) */
#define RIG_NIC_TXD_IP_CSUM   (1u << 18) /* flags of a frame: those of its */
#define RIG_NIC_TXD_L4_CSUM   (1u << 19) /* first descriptor; IPv4 header, */
#define RIG_NIC_TXD_TSO       (1u << 20) /* TCP or UDP; segment TCP */
#define RIG_NIC_TXD_MSS_SHIFT 16         /* dword 3 of the first descriptor */
#define RIG_NIC_TXD_MSS_MASK  0x3fffu
#define RIG_NIC_RXD_IP_GOOD   (1u << 2) /* dword 3, with RXCSUM_ENABLE */
#define RIG_NIC_RXD_IP_BAD    (1u << 3)
#define RIG_NIC_RXD_L4_GOOD   (1u << 4)
#define RIG_NIC_RXD_L4_BAD    (1u << 5)
/* With RSS_ENABLE the device writes dword 0: the hash, and dword 1: the kind
   of hash, RIG_NIC_RSS_*, or 0. */
#define RIG_NIC_DESC_DONE     (1u << 0)
#define RIG_NIC_DESC_ERROR    (1u << 1) /* TX (with EOP): frame not sent;
                                          RX: buffer not written, length 0 */

/* Limits of the wire, in bytes, without FCS. */
#define RIG_NIC_FRAME_MIN     14
#define RIG_NIC_FRAME_MAX     9216
#define RIG_NIC_LARGE_MAX     65549 /* with TSO: 14 + 65535 */
#define RIG_NIC_MSS_MIN       64

#endif
