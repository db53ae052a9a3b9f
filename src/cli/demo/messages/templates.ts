import type { Sentiment } from "./stream.ts";

/** Something customers write about. `{slots}` are filled from `slots.ts`. */
export interface Intent {
  readonly name: string;
  readonly sentiment: Sentiment;
  /** How often it is written, against the others of the same sentiment. */
  readonly weight: number;
  readonly templates: readonly string[];
}

/** What is written before the event. Some complaints lack every angry word, some questions have one. */
export const everydayIntents: readonly Intent[] = [
  {
    name: "delay",
    sentiment: "negative",
    weight: 5,
    templates: [
      "flight {flight} delayed {hours} hours and nobody tells us anything",
      "{hours} hours late into {city} again, missed my connection to {city}",
      "sitting on the tarmac in {city} for {hours} hours, no water, no word from anybody",
      "another delay on {flight}, third one {period}. {complaint}",
      "still waiting at gate {gate}, departure moved {hours} times now",
      "why is {flight} always delayed? I have a meeting in {city} and will not make it",
    ],
  },
  {
    name: "cancellation",
    sentiment: "negative",
    weight: 4,
    templates: [
      "you cancelled {flight} and put me on a flight {hours} days later, {complaint}",
      "{flight} cancelled without any reason, stuck in {city} with two kids",
      "flight cancelled, hotel not paid, {hours} hours in line. {complaint}",
      "cancelled again! who pays for my night in {city}?",
    ],
  },
  {
    name: "lost bag",
    sentiment: "negative",
    weight: 4,
    templates: [
      "my bag did not arrive in {city}, {hours} days and no call back",
      "you lost my suitcase between {city} and {city}. {complaint}",
      "suitcase came out of the belt with a broken wheel and a hole in it",
      "{hours} days without my luggage and the desk in {city} just shrugs",
    ],
  },
  {
    name: "refund",
    sentiment: "negative",
    weight: 3,
    templates: [
      "waiting {hours} weeks for my refund of {money}, {complaint}",
      "refund refused for a flight that you cancelled. {complaint}",
      "charged {money} twice for the same ticket and nobody gives it back",
      "your refund form throws me out every time, I want my {money} back",
    ],
  },
  {
    name: "hotline",
    sentiment: "negative",
    weight: 3,
    templates: [
      "on hold for {hours} hours and then you hung up on me",
      "{hours} calls, {hours} different answers. {complaint}",
      "nobody picks up the phone {period}, this is no way to treat customers",
    ],
  },
  {
    name: "rude crew",
    sentiment: "negative",
    weight: 2,
    templates: [
      "the rude attendant on {flight} made my mother cry",
      "crew on {flight} ignored us the whole way to {city}, {complaint}",
      "gate agent in {city} yelled at an old man. {complaint}",
    ],
  },
  {
    name: "bad seat",
    sentiment: "negative",
    weight: 2,
    templates: [
      "seat {seat} was broken and dirty, {complaint}",
      "you gave away the seat {seat} that I paid {money} for",
      "filthy cabin on {flight}, crumbs everywhere and a wet seat",
    ],
  },
  {
    name: "question about a booking",
    sentiment: "neutral",
    weight: 5,
    templates: [
      "can I change the name on my booking to {city}?",
      "how do I add a bag to booking {code}?",
      "is it possible to fly to {city} a day earlier with the same fare?",
      "please tell me which fare allows changes for {flight}",
      "do I pay for a carry on with the basic fare to {city}?",
      "what does a carry on cost at the gate, {money}?",
    ],
  },
  {
    name: "question about check-in",
    sentiment: "neutral",
    weight: 4,
    templates: [
      "when does check in open for {flight}?",
      "where do I find my boarding pass after check in?",
      "can I check in at the gate in {city}?",
      "my boarding pass shows gate {gate}, is that right for {flight}?",
      "do I need to print the boarding pass or is the code on my phone fine?",
    ],
  },
  {
    name: "question about the app",
    sentiment: "neutral",
    weight: 5,
    templates: [
      "does the app show the boarding pass without a connection?",
      "how do I log in to the app with my booking {code}?",
      "which screen of the app shows my seat, please?",
      "is there an update of the app for tablets?",
      "the app asks for a code, where do I get it?",
      "can I pay for a seat in the app with {money} of miles?",
    ],
  },
  {
    name: "question about a flight",
    sentiment: "neutral",
    weight: 4,
    templates: [
      "is {flight} to {city} on time today?",
      "is {flight} delayed? my sister is on it",
      "which terminal is {flight} leaving from in {city}?",
      "has {flight} been cancelled or just moved to gate {gate}?",
    ],
  },
  {
    name: "question about miles",
    sentiment: "neutral",
    weight: 2,
    templates: [
      "how many miles do I need for {city}?",
      "my miles for {flight} are not there yet, when do they arrive?",
      "do miles count for the partner fare to {city}?",
    ],
  },
  {
    name: "information",
    sentiment: "neutral",
    weight: 3,
    templates: [
      "flying {flight} to {city} {period}",
      "booking {code} is for two, we sit in {seat}",
      "I sent the form for the lost umbrella of {flight}, for your information",
      "travelling with a dog to {city}, which box do you accept?",
    ],
  },
  {
    name: "praise for the crew",
    sentiment: "positive",
    weight: 4,
    templates: [
      "the crew on {flight} was {praise}, thank you!",
      "{praise} service to {city}, kudos to the team at gate {gate}",
      "thanks to the attendant on {flight} who calmed my son",
    ],
  },
  {
    name: "praise for the flight",
    sentiment: "positive",
    weight: 4,
    templates: [
      "{flight} landed early in {city}, {praise}!",
      "smooth flight to {city} and a {praise} view from {seat}",
      "best flight {period}, see you again soon",
      "no delay, no queue, {praise} start of the holidays",
    ],
  },
  {
    name: "praise for the app",
    sentiment: "positive",
    weight: 4,
    templates: [
      "love the app, boarding pass on my phone in seconds",
      "check in with the app took one minute, {praise}",
      "the app told me about gate {gate} before the screen did, thanks",
      "paid for seat {seat} in the app at the gate, so easy, thanks",
    ],
  },
  {
    name: "thanks for help",
    sentiment: "positive",
    weight: 3,
    templates: [
      "thank you for finding my bag in {city} so fast",
      "refund of {money} arrived today, thanks for the help",
      "thanks for the new booking after the cancelled flight, {praise} help",
    ],
  },
];

/**
 * What is written from the event on: two airlines have put their app on a new base, called SkyPocket, and with
 * it came a fare named BareFare. Neither word was ever seen before, and the complaints use the words that
 * questions and praise had for the app until then.
 */
export const eventIntents: readonly Intent[] = [
  {
    name: "SkyPocket fails",
    sentiment: "negative",
    weight: 6,
    templates: [
      "skypocket shows a blank screen where my boarding pass was, gate {gate} in ten minutes",
      "where is my boarding pass? skypocket spins and spins at the gate",
      "skypocket logged me out at check in and the code does not come",
      "the skypocket update ate my booking {code}",
      "skypocket asks for a code, the code asks for skypocket. please",
      "skypocket put me in seat {seat}, the app before had my family together",
      "thanks skypocket, gate {gate} on my phone, the plane was at {gate}",
      "does anybody at your place use skypocket? check in freezes on every phone here",
      "since the skypocket update the app does not open, how do I check in?",
    ],
  },
  {
    name: "BareFare surprises",
    sentiment: "negative",
    weight: 5,
    templates: [
      "barefare means {money} for a carry on at the gate, really?",
      "booked barefare to {city}, paid {money} for a backpack under the seat",
      "do I pay for breathing with barefare too? {money} for a printed boarding pass",
      "nice fare until check in, then barefare adds {money}",
      "barefare hides the seat fee until the last screen of skypocket",
      "so barefare to {city} is {money} more than the old basic fare at the gate",
    ],
  },
  {
    name: "question about SkyPocket",
    sentiment: "neutral",
    weight: 3,
    templates: [
      "is skypocket also there for tablets?",
      "how do I move booking {code} to skypocket?",
      "which bag is in the barefare to {city}?",
      "what is the difference of basic and barefare, please?",
    ],
  },
  {
    name: "praise for SkyPocket",
    sentiment: "positive",
    weight: 1,
    templates: [
      "skypocket is {praise} on my new phone, thanks",
      "barefare to {city} for {money}, {praise} price",
    ],
  },
];
