import { timestamp } from './faker-time.ts';
import type { RowRandom } from './random.ts';

/**
 * Who buys: of ten users eight buy once, the ninth twice, the seventh nothing. So the buyer follows from a purchase's
 * number, and the number of purchases from that of users.
 */
const buyersOfTen = [1, 2, 3, 4, 5, 6, 8, 9, 9, 10] as const;

/** How many purchases the first `users` users make. */
export function purchasesOf(users: number): number {
  const rest = users % 10;
  return users - rest + buyersOfTen.filter((buyer) => buyer <= rest).length;
}

/** The JSON of one purchase. Of what lies in a cart 70 % is bought, and 15 % of that returned. */
export function purchaseJson({ below, between }: RowRandom, id: number, updatedAt: string): string {
  const userId = Math.floor((id - 1) / 10) * 10 + (buyersOfTen[(id - 1) % 10] ?? 0);
  const productId = between(1, 100);
  const after = (part: number) => part + (1 - part) * (below(1_000_000) / 1_000_000);
  const created = after(0);
  const added = after(created);
  const purchased = between(1, 100) <= 70 ? after(added) : undefined;
  const returned = purchased !== undefined && between(1, 100) <= 15 ? after(purchased) : undefined;
  return (
    `{"id":${id},"product_id":${productId},"user_id":${userId},"created_at":"${timestamp(created)}",` +
    `"updated_at":"${updatedAt}","added_to_cart_at":"${timestamp(added)}",` +
    `"purchased_at":${orNull(purchased)},"returned_at":${orNull(returned)}}`
  );
}

function orNull(part: number | undefined): string {
  return part === undefined ? 'null' : `"${timestamp(part)}"`;
}
