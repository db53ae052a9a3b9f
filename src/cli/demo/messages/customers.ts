import type { Random } from "#stats";

const customersPerAirline = 400;
const firstNames = [
  "Ada",
  "Ben",
  "Cleo",
  "Dario",
  "Eve",
  "Femi",
  "Gita",
  "Hugo",
  "Ines",
  "Jun",
  "Kofi",
  "Lena",
  "Mara",
  "Nils",
];
const lastNames = [
  "Abe",
  "Brandt",
  "Costa",
  "Diaz",
  "Eriksen",
  "Fox",
  "Grau",
  "Hsu",
  "Ivanova",
  "Joshi",
  "Keller",
  "Lopez",
];

/** Customers of invented names; one airline's write to that airline only, some of them often. */
export function createCustomers(random: Random): (airline: string) => { id: string; name: string } {
  return (airline) => {
    // Squared, so that low numbers are drawn more often: the same people write again and again.
    const number = Math.floor(random.uniform() ** 2 * customersPerAirline);
    const first = firstNames[number % firstNames.length] ?? "Ada";
    const last = lastNames[(number * 5) % lastNames.length] ?? "Abe";
    return { id: `${airline.toLowerCase().replaceAll(" ", "-")}-${number}`, name: `${first} ${last}` };
  };
}
